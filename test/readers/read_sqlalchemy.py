# read_sqlalchemy.py - reads mes_bi as Superset does: SQLAlchemy's inspector, reflected tables joined by
# their own foreign keys, a query. Argument: SQLAlchemy URL.
import sys

import sqlalchemy

engine = sqlalchemy.create_engine(sys.argv[1])
inspector = sqlalchemy.inspect(engine)
for table in sorted(inspector.get_table_names(schema="mes_bi")):
    print("table", table + ":", inspector.get_table_comment(table, schema="mes_bi")["text"])
for column in inspector.get_columns("fact_transfer", schema="mes_bi"):
    print("column", column["name"], column["type"], "null" if column["nullable"] else "not null", column["comment"])
print("primary key", inspector.get_pk_constraint("fact_transfer", schema="mes_bi")["constrained_columns"][0])
for key in inspector.get_foreign_keys("fact_transfer", schema="mes_bi"):
    print("foreign key", key["constrained_columns"][0], "to", key["referred_table"] + "." + key["referred_columns"][0])

model = sqlalchemy.MetaData(schema="mes_bi")
model.reflect(engine)
fact = model.tables["mes_bi.fact_transfer"]
asset = model.tables["mes_bi.dim_asset"]
payer = fact.join(asset)  # by the foreign key, with no condition written
query = (sqlalchemy.select([asset.c.code, sqlalchemy.func.sum(fact.c.amount)])
         .select_from(payer).where(fact.c.reference == "INV-7").group_by(asset.c.code))
for code, amount in engine.connect().execute(query):
    print("row", code, type(amount).__name__, amount)
