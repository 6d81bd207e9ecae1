SQL = "select * from orders where id = {}"


def test_values_and_times_do_not_change_the_shape(plan_of):
    assert plan_of(SQL.format(3)).shape_id == plan_of(SQL.format(77)).shape_id


def test_verbose_does_not_change_the_shape_so_that_logs_meet_explain(plan_of):
    verbose = plan_of(SQL.format(3))
    assert verbose.shape_id == plan_of(SQL.format(3), options="buffers").shape_id


def test_another_way_to_do_it_has_another_shape(plan_of):
    other = plan_of(SQL.format(3), "enable_indexscan = off", "enable_bitmapscan = off")
    assert other.shape_id != plan_of(SQL.format(3)).shape_id


def test_another_table_has_another_shape(plan_of):
    orders = plan_of("select count(*) from orders")
    assert orders.shape_id != plan_of("select count(*) from users").shape_id
