# read_odbc.py - reads mes_bi as Power BI and Excel do: ODBC's catalogue calls (SQLTables, SQLColumns,
# SQLPrimaryKeys, SQLForeignKeys), then a query. Argument: ODBC connection string.
import sys

import pyodbc

connection = pyodbc.connect(sys.argv[1], readonly=True)
cursor = connection.cursor()
tables = cursor.tables(schema="mes_bi").fetchall()
for table in tables:
    print("table", table.table_name, table.table_type, table.remarks or "")
for column in cursor.columns(schema="mes_bi", table="fact_transfer").fetchall():
    print("column", column.column_name, column.type_name, column.column_size, column.decimal_digits, column.is_nullable)
for key in cursor.primaryKeys(table="fact_transfer", schema="mes_bi").fetchall():
    print("primary key", key.column_name)
for key in cursor.foreignKeys(foreignTable="fact_transfer", foreignSchema="mes_bi").fetchall():
    print("foreign key", key.fkcolumn_name, "to", key.pktable_name + "." + key.pkcolumn_name)
row = cursor.execute(
    "SELECT amount, block_time, memo FROM mes_bi.fact_transfer WHERE reference = ?", "INV-7").fetchone()
print("row", type(row.amount).__name__, row.amount, type(row.block_time).__name__, row.memo)
