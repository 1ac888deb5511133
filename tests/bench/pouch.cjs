// PouchDB as a peer of the sync figures. Packages: npm install --prefix tests --no-package-lock
//   node pouch.cjs serve PORT FOLDER                  its server, on this machine only
//   node pouch.cjs OPERATION FOLDER URL [ORDERS]      one operation of one replica; prints what it took as JSON
// Operations: create (from a file of JSON lines), change (every hundredth), push, pull, sync, noop.
const fs = require("node:fs");

const AT_ONCE = 1000;
const EVERY = 100;

function serve(port, folder) {
  fs.mkdirSync(folder, { recursive: true });
  const PouchDB = require("pouchdb").defaults({ prefix: `${folder}/` });
  const handler = require("express-pouchdb")(PouchDB, { mode: "minimumForPouchDB", inMemoryConfig: true, logPath: "/dev/null" });
  const app = require("express")();
  app.use("/", handler);
  app.listen(Number(port), "127.0.0.1");
}

const finished = (replication) => new Promise((resolve, reject) => replication.on("complete", resolve).on("error", reject));

async function create(db, docs) {
  for (let start = 0; start < docs.length; start += AT_ONCE) await db.bulkDocs(docs.slice(start, start + AT_ONCE));
}

async function change(db) {
  const all = (await db.allDocs({ include_docs: true })).rows.map((row) => row.doc);
  all.sort((one, other) => (one.order_no < other.order_no ? -1 : 1));
  const some = all.filter((_, index) => index % EVERY === 0);
  for (const doc of some) Object.assign(doc, { status: "ready", note: `ready ${doc.note.slice(6)}` });
  await db.bulkDocs(some);
}

async function operate(operation, folder, url, file) {
  const PouchDB = require("pouchdb");
  const near = new PouchDB(folder);
  const far = new PouchDB(url);
  await near.info();
  await far.info();
  const docs = file
    ? fs.readFileSync(file, "utf8").trim().split("\n").map((text) => {
        const { id, ...rest } = JSON.parse(text);
        return { _id: id, ...rest };
      })
    : [];
  const options = { batch_size: AT_ONCE };
  const works = {
    create: () => create(near, docs),
    change: () => change(near),
    push: () => finished(near.replicate.to(far, options)),
    pull: () => finished(near.replicate.from(far, options)),
    sync: () => finished(near.sync(far, options)),
    noop: async () => {},
  };
  const start = process.hrtime.bigint();
  await works[operation]();
  const wall = Number(process.hrtime.bigint() - start) / 1e9;
  const { doc_count: orders } = await near.info();
  console.log(JSON.stringify({ wall, orders, rss_mb: process.resourceUsage().maxRSS / 1024 }));
  await near.close();
  process.exit(0);
}

const [what, ...rest] = process.argv.slice(2);
if (what === "serve") serve(...rest);
else operate(what, ...rest);
