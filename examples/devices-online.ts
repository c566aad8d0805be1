// Which devices are online, in SQLite: `node examples/devices-online.ts [PORT] [FILE]`; for batches of lines.
import { createServer } from 'node:http';
import { DatabaseSync } from 'node:sqlite';

const db = new DatabaseSync(process.argv[3] ?? 'devices.db');
db.exec(`
  PRAGMA journal_mode = WAL;
  CREATE TABLE IF NOT EXISTS devices (
    clientid TEXT PRIMARY KEY, online INTEGER, ipaddress TEXT, reason TEXT, run TEXT, client_seq INTEGER
  ) STRICT;
  CREATE TABLE IF NOT EXISTS history (event_id TEXT PRIMARY KEY, clientid TEXT, action TEXT, reason TEXT) STRICT;
  CREATE TABLE IF NOT EXISTS runs (run TEXT PRIMARY KEY) STRICT;
  -- A broker that was killed could not tell that its clients are gone: only those of its latest run are online.
  CREATE VIEW IF NOT EXISTS online AS
    SELECT clientid, ipaddress FROM devices WHERE online AND run = (SELECT max(run) FROM runs);
`);
// Any event tells of the run of the broker that it is from.
const note = db.prepare('INSERT OR IGNORE INTO runs VALUES (?)');
// An event that comes twice is one event.
const remember = db.prepare('INSERT OR IGNORE INTO history VALUES (?, ?, ?, ?)');
// What comes late (a repetition, a dead letter sent again) changes nothing: of a client, the greatest number counts.
const update = db.prepare(`
  INSERT INTO devices VALUES (?, ?, ?, ?, ?, ?)
  ON CONFLICT (clientid) DO UPDATE SET online = excluded.online, ipaddress = excluded.ipaddress,
    reason = excluded.reason, run = excluded.run, client_seq = excluded.client_seq
  WHERE (excluded.run, excluded.client_seq) > (devices.run, devices.client_seq)
`);

function take(line: string): void {
  const { event_id, client_seq, action, clientid, ipaddress, reason = null } = JSON.parse(line);
  const run = event_id.split('_')[1]; // evt_<run>_<number>: a later start of the broker has a greater one.
  note.run(run);
  if (action === 'message_publish') return; // $SYS/broker/uptime: that a broker is there is all that it tells.
  remember.run(event_id, clientid, action, reason);
  update.run(clientid, action === 'client_connected' ? 1 : 0, ipaddress, reason, run, client_seq);
}

const server = createServer((request, response) => {
  let body = '';
  request.setEncoding('utf8').on('data', (text: string) => (body += text));
  request.on('end', () => {
    db.exec('BEGIN');
    try {
      for (const line of body.split('\n')) if (line !== '') take(line);
      db.exec('COMMIT');
      response.writeHead(204).end();
    } catch (error) {
      db.exec('ROLLBACK');
      console.error(error);
      response.writeHead(503).end(); // All of it comes again.
    }
  });
});
server.listen(Number(process.argv[2] ?? 8080), '127.0.0.1', () => {
  const address = server.address();
  console.log(`http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/`);
});
