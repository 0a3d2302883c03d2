# read_superset.py - what a person does in Apache Superset, through its own REST API: adds the ledger as a
# database, finds tables, makes datasets and charts, and runs the dashboard's queries in SQL Lab.
# Arguments: SQLAlchemy URL of a report reader, files with queries.
import pathlib
import sys
import urllib.parse

from superset.app import create_app

app = create_app()
client = app.test_client()


def call(method, path, body=None):
    answer = client.open("/api/v1/" + path, method=method, json=body, headers=headers)
    if answer.status_code >= 300:
        raise SystemExit(f"{method} {path}: {answer.status_code} {answer.get_data(as_text=True)[:600]}")
    return answer.get_json()


headers = {}
login = {"username": "admin", "password": "secret", "provider": "db", "refresh": False}
headers = {"Authorization": "Bearer " + call("POST", "security/login", login)["access_token"]}
database = call("POST", "database/", {"database_name": "ledger", "sqlalchemy_uri": sys.argv[1], "expose_in_sqllab": True})["id"]
print("schemas", *sorted(call("GET", f"database/{database}/schemas/")["result"]))
tables = call("GET", f"database/{database}/tables/?q=" + urllib.parse.quote("(schema_name:mes_bi)"))["result"]
for table in tables:
    print("table", table["value"], table["type"])


def dataset(table):
    made = call("POST", "dataset/", {"database": database, "schema": "mes_bi", "table_name": table})["id"]
    for column in call("GET", f"dataset/{made}")["result"]["columns"]:
        print("column", table, column["column_name"], column["type"], "time" if column["is_dttm"] else "-", column["description"])
    return made


def chart(source, name, **query):
    wanted = {"datasource": {"id": source, "type": "table"}, "result_format": "json", "result_type": "full",
              "queries": [{"metrics": [{"expressionType": "SIMPLE", "column": {"column_name": "amount"}, "aggregate": "SUM",
                                        "label": "revenue"}], "filters": [], "row_limit": 1000, **query}]}
    for row in call("POST", "chart/data", wanted)["result"][0]["data"]:
        print("chart", name, *row.values())


chart(dataset("agg_revenue_day"), "reason", columns=["reason"], orderby=[["reason", True]])
chart(dataset("fact_royalty"), "day", columns=[], granularity="block_time", extras={"time_grain_sqla": "P1D"}, is_timeseries=True)

for path in sys.argv[2:]:
    query = {"database_id": database, "schema": "mes_bi", "sql": pathlib.Path(path).read_text(), "runAsync": False,
             "queryLimit": 1000, "client_id": f"q{sys.argv.index(path):010d}"}
    result = call("POST", "sqllab/execute/", query)
    print("query", pathlib.Path(path).stem, len(result["data"]), *(column["column_name"] for column in result["columns"]))
