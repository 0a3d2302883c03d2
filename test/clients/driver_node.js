// driver_node.js HOST PORT BOB ENVELOPE - what a JavaScript program sees of the ledger through node-postgres.
'use strict';
const crypto = require('crypto');
const { Client } = require('pg');

const [host, port, bob, envelope] = process.argv.slice(2);
const client = new Client({ host, port: Number(port), user: 'teller', database: 'ledger' });
const document = crypto.randomBytes(32);

async function one(text, ...values) {
  return Object.values((await client.query({ text, values })).rows[0])[0];
}

async function rejection(promise) {
  return promise.then(() => 'none', (error) => error.code);
}

async function main() {
  await client.connect();
  const submission = await one("SELECT mes.transfer($1, 'GOLD', 1)", bob);
  console.log('receipt', await one('SELECT status FROM mes.receipt_of($1)', submission));
  await one('SELECT mes.notarise($1)', document);
  console.log('rejected', await rejection(one('SELECT mes.notarise($1)', document)));
  const named = { name: 'notarise', text: 'SELECT mes.notarise($1)', values: [document] };
  await rejection(client.query(named));
  console.log('again', await rejection(client.query(named)));
  await client.query('BEGIN');
  const submissions = new Set();
  for (let n = 0; n < 20; n++) submissions.add(await one("SELECT mes.transfer($1, 'GOLD', 1, $2)", bob, `row ${n}`));
  await client.query('COMMIT');
  console.log('submissions', submissions.size);
  await client.query('BEGIN');
  await Promise.all(Array.from({ length: 20 }, () => one("SELECT mes.transfer($1, 'GOLD', 1)", bob)));
  await client.query('COMMIT');
  console.log('balance', await one('SELECT amount FROM mes.balances WHERE address = $1', bob));
  console.log('batch', await one("SELECT string_agg(status, ' ') FROM mes.submit_batch($1)", [Buffer.from(envelope, 'hex')]));
  console.log('status', await one('SELECT 1'));
  await client.end();
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
