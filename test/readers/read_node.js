// read_node.js - reads mes_bi with node-postgres, then lets an ORM (Sequelize) look at the schema.
// Arguments: host, port, user, owner. Finds its modules through NODE_PATH. The ORM looks for keys in
// information_schema, which shows constraints only to who may do more than read: hence the owner.
const { Client, types } = require('pg');
const { Sequelize } = require('sequelize');

const [host, port, user, owner] = process.argv.slice(2);

async function plain() {
  const client = new Client({ host, port: Number(port), user, database: 'ledger' });
  await client.connect();
  const { rows, fields } = await client.query(
    'SELECT transfer_key, amount, block_time, memo FROM mes_bi.fact_transfer WHERE reference = $1', ['INV-7']);
  for (const row of rows)
    console.log('row', typeof row.transfer_key, row.amount, row.block_time instanceof Date, row.memo);
  console.log('fields', fields.map((field) => field.name).join(' '));
  await client.end();
}

async function orm(as) {
  const sequelize = new Sequelize('ledger', as, undefined, { host, port, dialect: 'postgres', logging: false });
  const look = sequelize.getQueryInterface();
  const columns = await look.describeTable('fact_transfer', { schema: 'mes_bi' });
  for (const [name, column] of Object.entries(columns))
    console.log('column', name, column.type, column.primaryKey, column.comment);
  const keys = await look.getForeignKeyReferencesForTable({ tableName: 'fact_transfer', schema: 'mes_bi' });
  for (const key of keys)
    console.log('foreign key', key.columnName, 'to', `${key.referencedTableName}.${key.referencedColumnName}`);
  const attributes = Object.fromEntries(Object.entries(columns).map(([name, column]) =>
    [name, { type: column.type, primaryKey: column.primaryKey, allowNull: column.allowNull }]));
  const Transfer = sequelize.define('Transfer', attributes,
    { tableName: 'fact_transfer', schema: 'mes_bi', timestamps: false });
  Transfer.removeAttribute('id');
  const found = await Transfer.findOne({ where: { reference: 'INV-7' } });
  console.log('model', found.amount, found.memo);
  await sequelize.close();
}

plain().then(() => orm(owner)).catch((error) => { console.error(error.message); process.exit(1); });
