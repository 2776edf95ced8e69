// PouchDB 9 on LevelDB, replicating with express-pouchdb, the core of pouchdb-server. One database, one document a message.
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { createServer } from "node:http";
import PouchDB from "pouchdb";
import { Arrivals } from "../arrivals.mjs";
import { sleep } from "../program.mjs";

export async function startServer({ folder, port }) {
    const { default: express } = await import("express");
    const { default: pouch } = await import("express-pouchdb");
    const options = { mode: "minimumForPouchDB", logPath: `${folder}/log.txt`, inMemoryConfig: true };
    const app = express();
    app.use("/", pouch(PouchDB.defaults({ prefix: `${folder}/` }), options));
    const server = createServer(app);
    server.keepAliveTimeout = 60_000;
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
    return { stop: () => sleep(300) };
}

const remote = (port, name) => new PouchDB(`http://127.0.0.1:${port}/${name}`, { adapter: "http" });
const inOrder = (index) => String(index).padStart(4, "0");
const messageDocument = (index, { id, ...message }) => ({ _id: `m:${inOrder(index)}:${id}`, ...message });
const messagesOnly = { startkey: "m:", endkey: "m:\uffff" };

export async function seed({ port, cases }) {
    const database = remote(port, "cases");
    await database.info();
    const documents = cases.flatMap(({ name, fields, appointments }) => [
        { _id: `c:${name}`, ...fields },
        ...appointments.map(({ id, ...fields }) => ({ _id: `a:${name}:${id}`, ...fields })),
    ]);
    await database.bulkDocs(documents);
    // By time, as they would have come.
    const messages = cases
        .flatMap(({ index, messages }) => messages.map((message) => messageDocument(index, message)))
        .sort((one, other) => one.at - other.at);
    for (let from = 0; from < messages.length; from += 500) await database.bulkDocs(messages.slice(from, from + 500));
}

export async function openReplica({ port, folder }) {
    mkdirSync(folder, { recursive: true });
    const database = new PouchDB(`${folder}/database`, { adapter: "leveldb" });
    const arrivals = new Arrivals();
    const { rows } = await database.allDocs(messagesOnly);
    arrivals.add(rows.length);
    const unstored = [];
    let sync;
    return {
        connect() {
            sync = database.sync(remote(port, "cases"), { live: true, retry: true });
            sync.on("change", ({ direction, change }) => {
                if (direction !== "pull") return;
                arrivals.add(change.docs.filter(({ _id }) => _id.startsWith("m:")).length);
            });
        },
        async disconnect() {
            sync.cancel();
            await sleep(100);
        },
        reached: (count) => arrivals.reached(count),
        stored: () => Promise.all(unstored),
        async write(index, message, stored) {
            const storing = database.put(messageDocument(index, message));
            arrivals.add(1);
            if (stored) await storing;
            else unstored.push(storing);
        },
        async read() {
            const { rows } = await database.allDocs({ include_docs: true });
            const of = (kind) => rows.filter(({ id }) => id.startsWith(kind));
            return { texts: of("m:").map(({ doc }) => doc.text), appointments: of("a:").length };
        },
        async close() {
            sync?.cancel();
            await sleep(200);
            await database.close();
        },
    };
}

export const rooms = (count) => Array.from({ length: count }, (_, number) => `pair-${number}`);

export async function openPair({ port, folder, room, arrived }) {
    mkdirSync(folder, { recursive: true });
    const database = new PouchDB(`${folder}/database`, { adapter: "leveldb" });
    const own = new Set();
    database
        .changes({ live: true, since: "now", include_docs: true })
        .on("change", ({ id }) => own.has(id) || arrived(id));
    database.sync(remote(port, room), { live: true, retry: true });
    await sleep(30);
    return {
        send({ id, ...message }) {
            own.add(id);
            database.put({ _id: id, ...message });
        },
    };
}
