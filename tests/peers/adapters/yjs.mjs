// Yjs 13 with Hocuspocus 4 on SQLite, and y-leveldb as the client's store.
// The SQL is that of @hocuspocus/extension-sqlite, over node:sqlite: better-sqlite3 12.11.1 aborts on Node 24.21.
import { mkdirSync } from "node:fs";
import * as Y from "yjs";
import { Arrivals } from "../arrivals.mjs";
import { caseCount, nameOf } from "../data.mjs";
import { sleep } from "../program.mjs";

// The default of 100 cuts a client off that opens all cases at once.
const openAtOnce = 1000;

export async function startServer({ folder, port }) {
    const { Server } = await import("@hocuspocus/server");
    const { Database } = await import("@hocuspocus/extension-database");
    const { DatabaseSync } = await import("node:sqlite");
    const database = new DatabaseSync(`${folder}/hocuspocus.sqlite`);
    database.exec(
        `create table if not exists "documents" ("name" varchar(255) not null, "data" blob not null, unique(name))`,
    );
    const select = database.prepare(`select data from "documents" where name = ? order by rowid desc`);
    const upsert = database.prepare(
        `insert into "documents" ("name", "data") values (?, ?) on conflict(name) do update set data = excluded.data`,
    );
    const storage = new Database({
        fetch: async ({ documentName }) => select.get(documentName)?.data ?? null,
        store: async ({ documentName, state }) => void upsert.run(documentName, state),
    });
    const options = { port, address: "127.0.0.1", quiet: true, stopOnSignals: false, maxPendingDocuments: openAtOnce };
    const server = new Server({ ...options, extensions: [storage] });
    await server.listen();
    return { stop: () => Promise.race([server.destroy(), sleep(8000)]) };
}

async function socketTo(port) {
    const { HocuspocusProviderWebsocket } = await import("@hocuspocus/provider");
    const { WebSocket } = await import("ws");
    return new HocuspocusProviderWebsocket({ url: `ws://127.0.0.1:${port}`, WebSocketPolyfill: WebSocket });
}

async function provide(websocketProvider, name, document) {
    const { HocuspocusProvider } = await import("@hocuspocus/provider");
    const provider = new HocuspocusProvider({ websocketProvider, name, document, awareness: null, token: "x" });
    provider.attach();
    return provider;
}

const level = (providers) => providers.every((provider) => provider.synced && !provider.hasUnsyncedChanges);

export async function seed({ port, cases }) {
    const socket = await socketTo(port);
    const providers = [];
    for (const { name, fields, appointments, messages } of cases) {
        // Two replicas write in turn, one transaction a message.
        const [first, second] = [new Y.Doc(), new Y.Doc()];
        first.transact(() => {
            for (const [key, value] of Object.entries(fields)) first.getMap("case").set(key, value);
            first.getArray("appointments").push(appointments.map((one) => new Y.Map(Object.entries(one))));
        });
        Y.applyUpdate(second, Y.encodeStateAsUpdate(first));
        for (const [number, message] of messages.entries()) {
            const [writer, reader] = number % 2 ? [second, first] : [first, second];
            const seen = Y.encodeStateVector(reader);
            writer.getArray("messages").push([message]);
            Y.applyUpdate(reader, Y.encodeStateAsUpdate(writer, seen));
        }
        providers.push(await provide(socket, name, first));
    }
    while (!level(providers)) await sleep(20);
    // The server stores two seconds after a change, ten at the latest.
    await sleep(12_000);
}

export async function openReplica({ port, folder }) {
    const { LeveldbPersistence } = await import("y-leveldb");
    mkdirSync(folder, { recursive: true });
    const store = new LeveldbPersistence(`${folder}/leveldb`);
    const [arrivals, unstored] = [new Arrivals(), new Set()];
    const [documents, providers, lastStored] = [[], [], []];
    let socket;
    for (let index = 0; index < caseCount; index++) {
        const document = new Y.Doc();
        documents.push(document);
        const stored = await store.getYDoc(nameOf(index));
        Y.applyUpdate(document, Y.encodeStateAsUpdate(stored));
        stored.destroy();
        const messages = document.getArray("messages");
        arrivals.set(index, messages.length);
        document.on("update", (update) => {
            const storing = store.storeUpdate(nameOf(index), update);
            unstored.add(storing);
            storing.finally(() => unstored.delete(storing));
            lastStored[index] = storing;
            arrivals.set(index, messages.length);
        });
    }
    const replica = {
        async connect() {
            if (socket) return socket.connect();
            socket = await socketTo(port);
            for (const [index, document] of documents.entries()) {
                providers.push(await provide(socket, nameOf(index), document));
            }
        },
        disconnect: () => socket.disconnect(),
        reached: (count) => arrivals.reached(count),
        async pushed() {
            while (!level(providers)) await sleep(2);
        },
        async stored() {
            while (unstored.size > 0) await Promise.all(unstored);
        },
        async write(index, message, stored) {
            documents[index].getArray("messages").push([message]);
            if (stored) await lastStored[index];
        },
        read: () => ({
            texts: documents.flatMap((document) => document.getArray("messages").map(({ text }) => text)),
            appointments: documents.reduce((sum, document) => sum + document.getArray("appointments").length, 0),
        }),
        async close() {
            await replica.stored();
            socket?.destroy();
            await store.destroy();
        },
    };
    return replica;
}

export const rooms = (count) => Array.from({ length: count }, (_, number) => `pair-${number}`);

export async function openPair({ port, room, arrived }) {
    const [document, socket] = [new Y.Doc(), await socketTo(port)];
    const messages = document.getArray("messages");
    messages.observe(({ transaction, changes }) => {
        if (transaction.local) return;
        for (const { insert = [] } of changes.delta) for (const { id } of insert) arrived(id);
    });
    const provider = await provide(socket, room, document);
    while (!provider.synced) await sleep(10);
    return { send: (message) => messages.push([message]) };
}
