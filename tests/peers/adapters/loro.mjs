// Loro over a plain WebSocket. Loro has no server of its own, so what is around the engine is ours: the version goes up, what
// is missing comes down, and both sides keep updates and a snapshot in SQLite.
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { LoroDoc, LoroMap, VersionVector } from "loro-crdt";
import { WebSocket, WebSocketServer } from "ws";
import { Arrivals } from "../arrivals.mjs";
import { caseCount, nameOf } from "../data.mjs";
import { sleep } from "../program.mjs";

const kinds = { sync: 1, update: 2, synced: 3, taken: 4 };
const headLength = 7;
// More updates of a document than these become one snapshot.
const mostUpdates = 20;

function pack(kind, name, first = new Uint8Array(), second = new Uint8Array()) {
    const head = Buffer.alloc(headLength);
    head[0] = kind;
    head.writeUInt16LE(name.length, 1);
    head.writeUInt32LE(first.length, 3);
    return Buffer.concat([head, Buffer.from(name), first, second]);
}

function unpack(bytes) {
    const nameEnd = headLength + bytes.readUInt16LE(1);
    const firstEnd = nameEnd + bytes.readUInt32LE(3);
    return {
        kind: bytes[0],
        name: bytes.toString("utf8", headLength, nameEnd),
        first: bytes.subarray(nameEnd, firstEnd),
        second: bytes.subarray(firstEnd),
    };
}

function openStore(path) {
    const database = new DatabaseSync(path);
    database.exec("pragma journal_mode = wal; pragma synchronous = normal");
    database.exec("create table if not exists part (id integer primary key, name text not null, data blob not null)");
    database.exec("create index if not exists part_name on part (name)");
    const insert = database.prepare("insert into part (name, data) values (?, ?)");
    const select = database.prepare("select data from part where name = ? order by id");
    const remove = database.prepare("delete from part where name = ?");
    const names = database.prepare("select name, count(*) as parts from part group by name");
    return {
        append: (name, update) => void insert.run(name, update),
        load(name) {
            const document = new LoroDoc();
            const parts = select.all(name).map(({ data }) => data);
            if (parts.length > 0) document.importBatch(parts);
            return { document, parts: parts.length };
        },
        compact(name, document) {
            database.exec("begin");
            remove.run(name);
            insert.run(name, document.export({ mode: "snapshot" }));
            database.exec("commit");
        },
        names: () => names.all(),
        close: () => database.close(),
    };
}

export async function startServer({ folder, port }) {
    const store = openStore(`${folder}/loro.sqlite`);
    const [documents, rooms] = [new Map(), new Map()];
    const documentOf = (name) => {
        if (!documents.has(name)) documents.set(name, store.load(name).document);
        return documents.get(name);
    };
    new WebSocketServer({ port, host: "127.0.0.1" }).on("connection", (socket) => {
        const joined = new Set();
        socket.on("message", (bytes) => {
            const { kind, name, first } = unpack(bytes);
            const document = documentOf(name);
            if (!rooms.has(name)) rooms.set(name, new Set());
            if (kind === kinds.sync) {
                rooms.get(name).add(socket);
                joined.add(name);
                const from = first.length > 0 ? VersionVector.decode(first) : undefined;
                const missing = document.export({ mode: "update", from });
                socket.send(pack(kinds.synced, name, document.version().encode(), missing));
            } else if (kind === kinds.update) {
                store.append(name, first);
                document.import(first);
                for (const other of rooms.get(name)) if (other !== socket) other.send(pack(kinds.update, name, first));
                socket.send(pack(kinds.taken, name));
            }
        });
        socket.on("close", () => joined.forEach((name) => rooms.get(name).delete(socket)));
    });
    return {
        stop() {
            for (const { name, parts } of store.names()) if (parts > mostUpdates) store.compact(name, documentOf(name));
            store.close();
        },
    };
}

async function socketTo(port) {
    const socket = new WebSocket(`ws://127.0.0.1:${port}`);
    await once(socket, "open");
    return socket;
}

export async function seed({ port, cases }) {
    const socket = await socketTo(port);
    let taken = 0;
    socket.on("message", () => taken++);
    for (const { name, fields, appointments, messages } of cases) {
        // Two replicas write in turn.
        const [one, two] = [new LoroDoc(), new LoroDoc()];
        for (const [key, value] of Object.entries(fields)) one.getMap("case").set(key, value);
        for (const appointment of appointments) {
            const map = one.getList("appointments").pushContainer(new LoroMap());
            for (const [key, value] of Object.entries(appointment)) map.set(key, value);
        }
        one.commit();
        two.import(one.export({ mode: "update" }));
        for (const [number, message] of messages.entries()) {
            const [writer, reader] = number % 2 ? [two, one] : [one, two];
            const from = reader.version();
            writer.getList("messages").push(message);
            writer.commit();
            reader.import(writer.export({ mode: "update", from }));
        }
        socket.send(pack(kinds.update, name, one.export({ mode: "update" })));
    }
    while (taken < cases.length) await sleep(10);
}

export async function openReplica({ port, folder }) {
    mkdirSync(folder, { recursive: true });
    const store = openStore(`${folder}/loro.sqlite`);
    const arrivals = new Arrivals();
    const [documents, indexOf] = [[], new Map()];
    let [socket, unanswered, synced] = [undefined, 0, 0];
    const send = (name, update) => {
        if (socket?.readyState !== WebSocket.OPEN) return;
        unanswered++;
        socket.send(pack(kinds.update, name, update));
    };
    const count = (index) => arrivals.set(index, documents[index].getList("messages").length);
    for (let index = 0; index < caseCount; index++) {
        const name = nameOf(index);
        indexOf.set(name, index);
        const { document, parts } = store.load(name);
        if (parts > mostUpdates) store.compact(name, document);
        documents.push(document);
        count(index);
        document.subscribeLocalUpdates((update) => {
            store.append(name, update);
            send(name, update);
            count(index);
        });
    }
    const receive = (bytes) => {
        const { kind, name, first, second } = unpack(bytes);
        if (kind === kinds.taken) return void unanswered--;
        const document = documents[indexOf.get(name)];
        const update = kind === kinds.synced ? second : first;
        const { success } = document.import(update);
        if (success.size > 0) store.append(name, update);
        count(indexOf.get(name));
        if (kind !== kinds.synced) return;
        synced++;
        const from = VersionVector.decode(first);
        const order = document.version().compare(from);
        if (order === 1 || order === undefined) send(name, document.export({ mode: "update", from }));
    };
    return {
        async connect() {
            [synced, unanswered] = [0, 0];
            socket = await socketTo(port);
            socket.on("message", receive);
            for (const [index, document] of documents.entries()) {
                socket.send(pack(kinds.sync, nameOf(index), document.version().encode()));
            }
        },
        async disconnect() {
            socket.close();
            await sleep(20);
        },
        reached: (count) => arrivals.reached(count),
        async pushed() {
            while (synced < caseCount || unanswered > 0) await sleep(2);
        },
        async write(index, message) {
            documents[index].getList("messages").push(message);
            documents[index].commit();
            // The engine tells of local updates in a microtask.
            await 0;
        },
        read: () => ({
            texts: documents.flatMap((document) =>
                document
                    .getList("messages")
                    .toJSON()
                    .map(({ text }) => text),
            ),
            appointments: documents.reduce((sum, document) => sum + document.getList("appointments").length, 0),
        }),
        close() {
            socket?.close();
            store.close();
        },
    };
}

export const rooms = (count) => Array.from({ length: count }, (_, number) => `pair-${number}`);

export async function openPair({ port, room, arrived }) {
    const [document, socket] = [new LoroDoc(), await socketTo(port)];
    const messages = document.getList("messages");
    const seen = new Set();
    const { promise: synced, resolve } = Promise.withResolvers();
    socket.on("message", (bytes) => {
        const { kind, first, second } = unpack(bytes);
        if (kind === kinds.taken) return;
        document.import(kind === kinds.synced ? second : first);
        if (kind === kinds.synced) resolve();
        for (let at = Math.max(0, messages.length - 20); at < messages.length; at++) {
            const { id } = messages.get(at);
            if (seen.has(id)) continue;
            seen.add(id);
            arrived(id);
        }
    });
    socket.send(pack(kinds.sync, room));
    await synced;
    document.subscribeLocalUpdates((update) => socket.send(pack(kinds.update, room, update)));
    return {
        send(message) {
            seen.add(message.id);
            messages.push(message);
            document.commit();
        },
    };
}
