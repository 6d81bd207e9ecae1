from perfkit.plans import rules
def test_dump(scans_plan, scans_facts):
    p = scans_plan("select count(*) from accounts a join events e on e.account = a.id where a.id < 5")
    for n in p.tree:
        print(n.node_type, n.relation, n.condition, n.number("Plan Rows"), n.number("Actual Rows"), n.loops, p.times.self_ms[n.node_id])
    from perfkit.plans.candidates import candidates
    print(p.execution_ms, candidates(p, scans_facts("accounts","events")), [f.rule for f in rules.findings(p, scans_facts("accounts","events"))])
    assert 0
