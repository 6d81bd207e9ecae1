"""Snippets: one call instead of N, by library and language."""

from __future__ import annotations

__all__ = ["ANY", "CACHE", "DATA_LOADER", "HTTP", "LOADS", "RPC", "WRITES"]

Snippet = tuple[str, str]  # language, text

#: Reading related rows with their parents, by library.
LOADS: dict[str, Snippet] = {
    "sqlalchemy": (
        "python",
        """\
# SQLAlchemy: load the related rows of all parents with one more statement
select(Parent).options(selectinload(Parent.children))""",
    ),
    "django": (
        "python",
        """\
# Django: load the related rows of all parents with one more statement
Parent.objects.prefetch_related("children")  # one to one, many to one: select_related()""",
    ),
    "sequelize": (
        "javascript",
        """\
// Sequelize: load the related rows together with their parents
await Parent.findAll({ include: [{ model: Child, separate: true }] });""",
    ),
    "prisma": (
        "javascript",
        """\
// Prisma: load the related rows together with their parents
await prisma.parent.findMany({ include: { children: true } });""",
    ),
    "typeorm": (
        "javascript",
        """\
// TypeORM: load the related rows together with their parents
await repository.find({ relations: { children: true } });""",
    ),
    "rails": (
        "ruby",
        """\
# Rails: load the related rows of all parents with one more statement
Parent.includes(:children)
# and find out where else it happens: config.active_record.strict_loading_by_default = true""",
    ),
    "hibernate": (
        "java",
        """\
// JPA: load the related rows in the same statement ...
@Query("select p from Parent p left join fetch p.children")
// ... or those of many parents with one (Hibernate)
@BatchSize(size = 100) @OneToMany private List<Child> children;""",
    ),
    "entity framework": (
        "csharp",
        """\
// Entity Framework: load the related rows together with their parents
await context.Parents.Include(parent => parent.Children).ToListAsync();""",
    ),
    "gorm": (
        "go",
        """\
// GORM: load the related rows of all parents with one more statement
db.Preload("Children").Find(&parents)""",
    ),
    "eloquent": (
        "php",
        """\
// Eloquent: load the related rows of all parents with one more statement
Parent::with('children')->get();""",
    ),
}

#: Reading related rows, where nothing tells the library.
ANY: Snippet = (
    "python",
    """\
# SQLAlchemy: load the related rows of all parents with one more statement
select(Parent).options(selectinload(Parent.children))
# Django: Parent.objects.prefetch_related("children")""",
)

#: Resolvers of GraphQL, by language.
DATA_LOADER: dict[str, Snippet] = {
    "python": (
        "python",
        """\
# GraphQL: one loader per request gathers the ids that resolvers ask for
children = DataLoader(load_fn=load_children_of_many)  # one statement for all ids
await children.load(parent.id)  # in the resolver""",
    ),
    "": (
        "javascript",
        """\
// GraphQL: one DataLoader per request gathers the ids that resolvers ask for
const children = new DataLoader(ids => loadChildrenOfMany(ids)); // one statement for all ids
return children.load(parent.id); // in the resolver""",
    ),
}

#: Writing rows, by library.
WRITES: dict[str, Snippet] = {
    "": (
        "python",
        """\
# one statement for all rows, not one per row
session.execute(insert(Model), [{"column": value}, ...])""",
    ),
    "django": ("python", "# one statement for all rows\nModel.objects.bulk_create(rows)"),
    "rails": ("ruby", "# one statement for all rows\nModel.insert_all(rows)"),
    "sequelize": ("javascript", "// one statement for all rows\nawait Model.bulkCreate(rows);"),
    "prisma": (
        "javascript",
        "// one statement for all rows\nawait prisma.model.createMany({ data: rows });",
    ),
    "hibernate": (
        "java",
        """\
// batches of 50: spring.jpa.properties.hibernate.jdbc.batch_size=50
repository.saveAll(rows);""",
    ),
    "entity framework": (
        "csharp",
        """\
// few round trips for all rows
context.AddRange(rows);
await context.SaveChangesAsync();""",
    ),
    "gorm": ("go", "// one statement for 500 rows\ndb.CreateInBatches(rows, 500)"),
    "eloquent": ("php", "// one statement for all rows\nModel::insert($rows);"),
}

#: Calls of another service, by language.
HTTP: dict[str, Snippet] = {
    "": (
        "python",
        """\
# one call for all ids, where the service offers it
await client.get("/items", params={"ids": ids})
# otherwise all calls at once
await asyncio.gather(*(client.get(f"/items/{id}") for id in ids))""",
    ),
    "nodejs": (
        "javascript",
        """\
// one call for all ids, where the service offers it
await fetch(`/items?ids=${ids.map(encodeURIComponent).join(",")}`);
// otherwise all calls at once
await Promise.all(ids.map(id => fetch(`/items/${encodeURIComponent(id)}`)));""",
    ),
}
RPC: dict[str, Snippet] = {
    "": (
        "python",
        """\
# one call for all: give the service a method that takes a list
stub.BatchGetItems(BatchGetItemsRequest(ids=ids))
# otherwise all calls at once
await asyncio.gather(*(stub.GetItem(GetItemRequest(id=id)) for id in ids))""",
    ),
}

#: Commands of Redis, by language.
CACHE: dict[str, Snippet] = {
    "": (
        "python",
        """\
# one command for all keys
redis.mget([f"user:{id}" for id in ids])
# or all commands in one round trip
with redis.pipeline(transaction=False) as pipe:
    for id in ids:
        pipe.hgetall(f"user:{id}")
    found = pipe.execute()""",
    ),
    "nodejs": (
        "javascript",
        """\
// one command for all keys
await redis.mget(ids.map(id => `user:${id}`));
// or all commands in one round trip
await ids.reduce((all, id) => all.hgetall(`user:${id}`), redis.pipeline()).exec();""",
    ),
}
