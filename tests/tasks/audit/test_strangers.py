"""Schemas as frameworks and teams make them: what goes, what stays, and the way there and back."""

import pytest

from perfkit.tasks.index_audit import index_audit

RAILS = """
drop table orders, users;
create table users (id bigserial primary key, email varchar not null default '', name varchar,
    reset_token varchar, deleted_at timestamp(6), provider varchar, uid varchar, created_at
    timestamp(6) not null default now());
create unique index index_users_on_email on users (email);
create index index_users_on_email_and_name on users (email, name);
create index index_users_on_lower_email on users (lower(email));
create index index_users_on_lower_email_v on users (lower(email::text));
create unique index index_users_on_reset_token on users (reset_token) where reset_token is not
    null;
create index index_users_on_reset_token_plain on users (reset_token);
create unique index index_users_on_provider_and_uid on users (provider, uid);
create index index_users_on_provider on users (provider);
create index index_users_on_uid on users (uid);
create table comments (id bigserial primary key, commentable_type varchar not null,
    commentable_id bigint not null, user_id bigint not null references users, body text,
    created_at timestamp(6) not null, position int, status int default 0);
create index index_comments_on_commentable on comments (commentable_type, commentable_id);
create index index_comments_on_commentable_type_and_commentable_id on comments
    (commentable_type, commentable_id);
create index index_comments_on_commentable_type on comments (commentable_type);
create index index_comments_on_commentable_id on comments (commentable_id);
create index index_comments_on_commentable_id_and_type on comments (commentable_id,
    commentable_type);
create index index_comments_on_user_id on comments (user_id);
create index index_comments_on_user_id_and_created_at on comments (user_id, created_at);
create index index_comments_on_created_at on comments (created_at desc);
create index index_comments_on_created_at_asc on comments (created_at);
create index index_comments_active on comments (created_at) where status = 0;
create index index_comments_active2 on comments (created_at, id) where status = 0;
create index index_comments_active3 on comments (created_at) where status in (0);
create table taggings (tag_id bigint, taggable_type varchar, taggable_id bigint, context
    varchar(128));
create unique index taggings_idx on taggings (tag_id, taggable_id, taggable_type, context);
create index taggings_taggable_context_idx on taggings (taggable_id, taggable_type, context);
create index index_taggings_on_taggable_id on taggings (taggable_id);
create index index_taggings_on_taggable on taggings (taggable_type, taggable_id);
create index index_taggings_on_tag_id on taggings (tag_id);
create table versions (id bigserial primary key, item_type varchar not null, item_id bigint not
    null, object jsonb);
create index index_versions_on_item_type_and_item_id on versions (item_type, item_id);
create index index_versions_object on versions using gin (object);
create index index_versions_object_path on versions using gin (object jsonb_path_ops);
create index idx_versions_obj_x on versions ((object ->> 'x'));
create index idx_versions_obj_x2 on versions ((object->>'x'::text), id);
"""
DJANGO = """
create table auth_user (id serial primary key, username varchar(150) not null unique, email
    varchar(254) not null);
create index auth_user_username_6821ab7c_like on auth_user (username varchar_pattern_ops);
create table django_content_type (id serial primary key, app_label varchar(100), model
    varchar(100), constraint ct_uniq unique (app_label, model));
create table auth_permission (id serial primary key, name varchar(255), content_type_id int not
    null references django_content_type deferrable initially deferred, codename varchar(100),
    constraint perm_uniq unique (content_type_id, codename));
create index auth_permission_content_type_id_2f476e4b on auth_permission (content_type_id);
create table blog_post (id serial primary key, slug varchar(50) not null, title varchar(200),
    author_id int not null references auth_user deferrable initially deferred, published
    timestamptz, status varchar(10), data jsonb, search tsvector, constraint slug_u unique
    (slug));
create index blog_post_slug_like on blog_post (slug varchar_pattern_ops);
create index blog_post_slug_idx on blog_post (slug);
create index blog_post_slug_like2 on blog_post (slug text_pattern_ops);
create index blog_post_author_id on blog_post (author_id);
create index blog_post_author_pub on blog_post (author_id, published desc);
create index blog_post_author_pub_asc on blog_post (author_id, published);
create index blog_post_author_neg on blog_post (author_id desc, published desc nulls last);
create unique index blog_post_one_draft on blog_post (author_id) where status = 'draft';
create index blog_post_draft on blog_post (author_id) where status = 'draft';
create index blog_post_draft_slug on blog_post (author_id, slug) where status = 'draft';
create index blog_post_brin on blog_post using brin (published);
create index blog_post_pub on blog_post (published);
create index blog_post_data_gin on blog_post using gin (data);
create index blog_post_search on blog_post using gin (search);
create index blog_post_search_gist on blog_post using gist (search);
create index blog_post_hash on blog_post using hash (slug);
create index blog_post_incl on blog_post (published) include (title);
create table m2m (id serial primary key, post_id int not null references blog_post deferrable
    initially deferred, user_id int not null references auth_user deferrable initially
    deferred, constraint m2m_u unique (post_id, user_id));
create index m2m_post_id on m2m (post_id);
create index m2m_user_id on m2m (user_id);
create unique index m2m_u_def on m2m (user_id, post_id);
alter table m2m add constraint m2m_defer unique (user_id, id) deferrable initially deferred;
create unique index m2m_u_nowdef on m2m (user_id, id);
"""
HIBERNATE = """
create table "Customer" (id bigint primary key, email varchar(255), ssn varchar(11), version
    int, constraint uk_6dotkott2kjsp8vw4d0m25fb7 unique (email), constraint UK_abc unique
    (email), country char(2), score numeric(10,2), born date, flags bit(8), uid uuid);
create unique index uk_ssn_idx on "Customer" (ssn);
create table ref_by_index (id bigint primary key, ssn varchar(11) references "Customer" (ssn));
create unique index uk_ssn_idx2 on "Customer" (ssn);
create index ref_ssn on ref_by_index (ssn);
create index "IDX_customer_country" on "Customer" (country);
create index "idx_customer_country" on "Customer" (country) with (fillfactor=70);
create index idx_country_c on "Customer" (country collate "C");
create index idx_country_c2 on "Customer" (country collate "POSIX");
create index idx_score on "Customer" (score);
create index idx_score_cast on "Customer" ((score::int));
create index idx_score_dyn on "Customer" ((score + 0));
create index idx_uid on "Customer" (uid);
create index idx_uid_text on "Customer" ((uid::text));
create index idx_nn on "Customer" (born) where born is not null;
create index idx_born on "Customer" (born);
create index idx_born_nf on "Customer" (born nulls first);
create index idx_born_dnl on "Customer" (born desc nulls last);
create index idx_born_incl on "Customer" (born) include (score);
create index idx_born_score on "Customer" (born, score);
create index idx_born_score_incl on "Customer" (born, score) include (uid);
create table "Order_Item" (order_id bigint not null, line int not null, product_id bigint not
    null, qty int, primary key (order_id, line));
create index fk_oi_order on "Order_Item" (order_id);
create unique index oi_u on "Order_Item" (line, order_id);
create index oi_pl on "Order_Item" (product_id, line);
create index oi_p on "Order_Item" (product_id) where qty > 0;
create index oi_p2 on "Order_Item" (product_id) where qty > 0 and qty < 1000;
create index oi_p3 on "Order_Item" (product_id) where qty >= 1;
create table tree (id bigint primary key, parent_id bigint references tree, path text);
create index tree_parent on tree (parent_id);
create index tree_path_c on tree (path collate "C");
create index tree_path_pat on tree (path text_pattern_ops);
create index tree_path on tree (path);
create table audit (id int, ts timestamptz, who text);
alter table audit replica identity full;
create unique index audit_id on audit (id);
create table audit2 (id int not null, ts timestamptz, who text);
create unique index audit2_id on audit2 (id); create unique index audit2_rep on audit2 (id);
alter table audit2 replica identity using index audit2_rep;
create table room (id int, span tsrange, exclude using gist (span with &&));
create index room_span on room using gist (span);
"""
EVENTS = """
create table ev (id bigint not null, ts timestamptz not null, tenant int not null, kind text,
    payload jsonb) partition by range (ts);
create table ev_01 partition of ev for values from ('2025-01-01') to ('2025-02-01');
create table ev_02 partition of ev for values from ('2025-02-01') to ('2025-03-01');
create table ev_03 (like ev including all);
create index ev_03_own_tenant on ev_03 (tenant, ts);
alter table ev attach partition ev_03 for values from ('2025-03-01') to ('2025-04-01');
create index ev_tenant_ts on ev (tenant, ts);
create index ev_tenant on ev (tenant);
create index ev_kind on ev (kind);
create unique index ev_id_ts on ev (id, ts);
create index ev_01_id on ev_01 (id);
create index ev_01_kind_stray on ev_01 (kind);
create index ev_02_stray on ev_02 (payload);
create index ev_only on only ev (payload);
create index ev_01_pay on ev_01 (payload);
alter index ev_only attach partition ev_01_pay;
create index ev_brin on ev using brin (ts);
create index ev_01_brin on ev_01 using brin (ts) with (pages_per_range=16);
create index ev_pd on ev (tenant, ts desc);
create index ev_pk on ev (kind) where tenant = 5;
create index ev_pk2 on ev (kind, id) where tenant = 5;
create table sub (a int, b int, c int) partition by list (a);
create table sub_1 partition of sub for values in (1) partition by hash (b);
create table sub_1a partition of sub_1 for values with (modulus 2, remainder 0);
create table sub_1b partition of sub_1 for values with (modulus 2, remainder 1);
create table sub_d partition of sub default;
create index sub_c on sub (c);
create index sub_1_c on sub_1 (c, b);
create index sub_1_c2 on sub_1 (c, b);
create index sub_1a_cb on sub_1a (c, b, a);
"""
SAAS = """
create schema t1; create schema t2; create schema shared;
create table t1.account (id int primary key, org int, name text); create table t2.account (id
    int primary key, org int, name text); create table shared.account (id int primary key, org
    int, name text);
create index account_org on t1.account (org); create index account_org on t2.account (org);
    create index account_org on shared.account (org);
create index account_org_name on t1.account (org, name);
create index account_org_name on t2.account (org desc, name);
create index account_org_name on shared.account (org, name) where org > 0;
create index account_name on t2.account (name); create index account_name2 on t2.account (name);
create type t1.mood as enum ('a','b');
create function t1.f(int) returns int language sql immutable as 'select $1'; create function
    t2.f(int) returns int language sql immutable as 'select $1 + 1';
create index ff1 on t1.account (t1.f(org)); create index ff2 on t1.account (t2.f(org));
create index ff3 on t1.account (t1.f(id), t2.f(id)); create index ff4 on t1.account (t1.f(id));
create function shared_cmp(int,int) returns int language sql immutable as 'select case when $1
    > $2 then -1 when $1 < $2 then 1 else 0 end';
create operator class shared.revint for type int using btree as operator 1 >, operator 2 >=,
    operator 3 =, operator 4 <=, operator 5 <, function 1 shared_cmp(int,int);
create index oc1 on shared.account (id shared.revint);
create unlogged table shared.sess (sid text primary key, data jsonb, exp timestamptz);
create index sess_exp on shared.sess (exp); create index sess_exp2 on shared.sess (exp)
    tablespace pg_default;
create index sess_sid on shared.sess using btree (sid) with (deduplicate_items = off);
create index sess_sid_incl on shared.sess (sid) include (exp);
"""
SCHEMAS = {"rails": RAILS, "django": DJANGO, "hibernate": HIBERNATE, "events": EVENTS, "saas": SAAS}
#: Of two alike the younger goes, of one that begins another the shorter.
GONE = {
    "rails": """
        public.idx_versions_obj_x
        public.index_comments_active
        public.index_comments_active3
        public.index_comments_on_commentable_id
        public.index_comments_on_commentable_type
        public.index_comments_on_commentable_type_and_commentable_id
        public.index_comments_on_created_at_asc
        public.index_comments_on_user_id
        public.index_taggings_on_tag_id
        public.index_taggings_on_taggable_id
        public.index_users_on_lower_email_v
        public.index_users_on_provider
    """.split(),  # noqa: SIM905 - a list of names
    "django": """
        public.auth_permission_content_type_id_2f476e4b
        public.blog_post_author_id
        public.blog_post_draft
        public.blog_post_pub
        public.blog_post_slug_idx
        public.blog_post_slug_like2
        public.m2m_post_id
        public.m2m_user_id
    """.split(),  # noqa: SIM905 - a list of names
    "hibernate": """
        public.audit2_id
        public.fk_oi_order
        public.idx_born
        public.idx_born_dnl
        public.idx_born_incl
        public.idx_born_score
        public.idx_customer_country
        public.room_span
        public.uk_ssn_idx2
    """.split(),  # noqa: SIM905 - a list of names
    "events": """
        public.ev_01_id
        public.ev_01_kind_stray
        public.ev_pk
        public.ev_tenant
        public.sub_1_c2
    """.split(),  # noqa: SIM905 - a list of names
    "saas": """
        shared.sess_exp2
        shared.sess_sid
        t1.account_org
        t1.ff4
        t2.account_name2
        t2.account_org
    """.split(),  # noqa: SIM905 - a list of names
}
KNOWN = """
select n.nspname, c.relname, pg_get_indexdef(c.oid), i.indisclustered, i.indisreplident,
       i.indisvalid, i.indoption::text, i.indclass::text, i.indcollation::text,
       c.reloptions::text, obj_description(c.oid, 'pg_class'),
       (select h.inhparent::regclass::text from pg_inherits h where h.inhrelid = c.oid)
from pg_index i join pg_class c on c.oid = i.indexrelid
join pg_namespace n on n.oid = c.relnamespace where n.nspname !~ '^pg_' order by 1, 2
"""


def run(engine, script):
    with engine.connect() as connection:  # AUTOCOMMIT: each statement alone, as psql sends them
        for line in script.splitlines():
            if line and not line.startswith("--"):
                connection.exec_driver_sql(line, execution_options={"no_parameters": True})


def known(engine):
    with engine.connect() as connection:
        return connection.exec_driver_sql(KNOWN, execution_options={"no_parameters": True}).all()


@pytest.mark.parametrize("style", SCHEMAS)
def test_what_goes_goes_and_all_comes_back_as_it_was(audited, style):
    engine = audited(SCHEMAS[style])
    before = known(engine)
    result = index_audit(engine)
    going = {f"{a.schema}.{a.index}" for a in result.advices if a.action == "drop"}
    assert going == set(GONE[style])
    run(engine, result.migration())
    after = known(engine)
    assert len(after) < len(before)
    run(engine, result.migration())
    assert known(engine) == after, "a second run passes over what is done"
    run(engine, result.undo())
    assert known(engine) == before
