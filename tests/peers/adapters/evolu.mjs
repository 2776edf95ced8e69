// Evolu 8 at the level of its protocol: its own reconciliation, timestamps, encryption and storage, over ws and node:sqlite.
// Its client does not run in Node and its relay is not published for this version, so what is around them is ours: an
// approximation. One owner holds all cases, since Evolu has none for each case.
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdirSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { createRandom, createRandomBytes, createRun, idBytesToId } from "@evolu/common";
import * as evolu from "@evolu/common/local-first";
import { installPolyfills } from "@evolu/common/polyfills";
import { WebSocket, WebSocketServer } from "ws";
import { Arrivals } from "../arrivals.mjs";
import { sleep } from "../program.mjs";

installPolyfills();
const dependencies = { randomBytes: createRandomBytes(), random: createRandom(), timingSafeEqual };

function openSqlite(path) {
    const isNew = !existsSync(path);
    const database = new DatabaseSync(path);
    database.exec("pragma journal_mode = wal; pragma synchronous = normal");
    const prepared = new Map();
    const statementOf = (sql) => {
        if (!prepared.has(sql)) {
            const statement = database.prepare(sql);
            prepared.set(sql, { statement, reads: statement.columns().length > 0 });
        }
        return prepared.get(sql);
    };
    let isInside = false;
    const sqlite = {
        exec({ sql, parameters = [] }) {
            const { statement, reads } = statementOf(sql);
            if (reads) return { rows: statement.all(...parameters), changes: 0 };
            return { rows: [], changes: statement.run(...parameters).changes };
        },
        transaction(work) {
            if (isInside) return work();
            isInside = true;
            database.exec("begin immediate");
            try {
                const done = work();
                database.exec("commit");
                return done;
            } catch (error) {
                database.exec("rollback");
                throw error;
            } finally {
                isInside = false;
            }
        },
    };
    if (isNew) {
        evolu.createBaseSqliteStorageTables({ sqlite });
        evolu.createRelayStorageTables({ sqlite });
    }
    return { sqlite, database, isNew };
}

const storageOf = (sqlite) =>
    evolu.createRelaySqliteStorage({ ...dependencies, sqlite })({ isOwnerWithinQuota: () => true });

function ownerOf(name) {
    const secret = createHash("sha256").update(`bench ${name}`).digest();
    return evolu.createAppOwner(new Uint8Array(secret).slice(0, evolu.testOwnerSecret.length));
}

function must(result) {
    if (!result.ok) throw new Error(result.error.type);
    return result.value;
}

export async function startServer({ folder, port }) {
    const { sqlite, database } = openSqlite(`${folder}/relay.sqlite`);
    const run = createRun({ storage: storageOf(sqlite) });
    const subscribed = new Map();
    new WebSocketServer({ port, host: "127.0.0.1", maxPayload: 64 << 20 }).on("connection", (socket) => {
        const owners = new Set();
        const options = {
            subscribe(owner) {
                if (!subscribed.has(owner)) subscribed.set(owner, new Set());
                subscribed.get(owner).add(socket);
                owners.add(owner);
            },
            broadcast(owner, message) {
                for (const other of subscribed.get(owner) ?? []) if (other !== socket) other.send(message);
            },
        };
        let last = Promise.resolve();
        socket.on("message", (bytes) => {
            last = last.then(async () => {
                const answer = await run(evolu.applyProtocolMessageAsRelay(new Uint8Array(bytes), options));
                socket.send(must(answer).message);
            });
        });
        socket.on("close", () => owners.forEach((owner) => subscribed.get(owner).delete(socket)));
    });
    return { stop: () => database.close() };
}

const idOf = (uuid) => idBytesToId(Uint8Array.from(Buffer.from(uuid.replaceAll("-", ""), "hex")));
const change = (table, id, values) => ({ table, id, values, isInsert: true, isDelete: null });
const messageChange = (index, { id, ...message }) => change("message", idOf(id), { index, ...message });

function clock() {
    const nodeId = randomBytes(8).toString("hex");
    let [millis, counter] = [0, 0];
    return (at = Date.now()) => {
        [millis, counter] = at > millis ? [at, 0] : [millis, counter + 1];
        return evolu.createTimestamp({ millis, counter, nodeId });
    };
}

function openClient(path, owner, arrived) {
    const { sqlite, database, isNew } = openSqlite(path);
    const storage = storageOf(sqlite);
    if (isNew)
        database.exec("create table row (kind text not null, id text primary key, fields text not null) without rowid");
    const insert = database.prepare("insert or ignore into row (kind, id, fields) values (?, ?, ?)");
    const keep = (changes) =>
        sqlite.transaction(() => {
            for (const { table, id, values } of changes) insert.run(table, id, JSON.stringify(values));
        });
    const reading = {
        ...storage,
        writeMessages: (of, messages) => async (run) => {
            const changes = messages.map((one) => must(evolu.decryptAndDecodeDbChange(one, owner.encryptionKey)));
            const written = await run(storage.writeMessages(of, messages));
            if (!written.ok) return written;
            keep(changes);
            for (const one of changes) arrived(one);
            return written;
        },
    };
    const run = createRun({ storage: reading });
    const ownerBytes = evolu.ownerIdToOwnerIdBytes(owner.id);
    let [socket, last, converged] = [undefined, Promise.resolve(), undefined];
    return {
        database,
        async connect(port) {
            socket = new WebSocket(`ws://127.0.0.1:${port}`);
            await once(socket, "open");
            converged = Promise.withResolvers();
            socket.on("message", (bytes) => {
                last = last.then(async () => {
                    const options = { writeKey: owner.writeKey };
                    const answer = must(await run(evolu.applyProtocolMessageAsClient(new Uint8Array(bytes), options)));
                    if (answer.type === "Response") socket.send(answer.message);
                    else if (answer.type === "Converged") converged.resolve();
                });
            });
            const begin = evolu.createProtocolMessageForSync({ storage: reading });
            socket.send(begin(owner.id, evolu.SubscriptionFlags.Subscribe));
        },
        converged: () => converged.promise,
        async write(messages) {
            const seal = evolu.encodeAndEncryptDbChange(dependencies);
            const sealed = messages.map((one) => ({
                timestamp: one.timestamp,
                change: seal(one, owner.encryptionKey),
            }));
            must(await run(storage.writeMessages(ownerBytes, sealed)));
            keep(messages.map((one) => one.change));
            if (socket?.readyState !== WebSocket.OPEN) return;
            socket.send(evolu.createProtocolMessageFromCrdtMessages(dependencies)(owner, messages));
        },
        close: () => socket?.close(),
    };
}

export async function seed({ port, folder, cases }) {
    mkdirSync(folder, { recursive: true });
    const client = openClient(`${folder}/evolu.sqlite`, ownerOf("cases"), () => {});
    const begin = 1_700_000_000_000;
    const rows = cases.flatMap(({ index, fields, appointments, messages }) => [
        { at: begin + index, side: 0, change: change("case", idOf(fields.requester), fields) },
        ...appointments.map(({ id, ...values }) => ({
            at: begin + index,
            side: 0,
            change: change("appointment", idOf(id), { index, ...values }),
        })),
        ...messages.map((one, number) => ({ at: one.at, side: number % 2, change: messageChange(index, one) })),
    ]);
    rows.sort((one, other) => one.at - other.at);
    const clocks = [clock(), clock()];
    await client.write(rows.map(({ at, side, change }) => ({ timestamp: clocks[side](at), change })));
    await client.connect(port);
    await client.converged();
}

export async function openReplica({ port, folder }) {
    mkdirSync(folder, { recursive: true });
    const arrivals = new Arrivals();
    const arrived = ({ table }) => table === "message" && arrivals.add(1);
    const client = openClient(`${folder}/evolu.sqlite`, ownerOf("cases"), arrived);
    arrivals.add(client.database.prepare("select count(*) as count from row where kind = 'message'").get().count);
    const tick = clock();
    return {
        connect: () => client.connect(port),
        async disconnect() {
            client.close();
            await sleep(20);
        },
        reached: (count) => arrivals.reached(count),
        pushed: () => client.converged(),
        async write(index, message) {
            await client.write([{ timestamp: tick(), change: messageChange(index, message) }]);
            arrivals.add(1);
        },
        read() {
            const rows = client.database.prepare("select kind, fields from row").all();
            const of = (kind) => rows.filter((row) => row.kind === kind);
            return {
                texts: of("message").map(({ fields }) => JSON.parse(fields).text),
                appointments: of("appointment").length,
            };
        },
        close: () => client.close(),
    };
}

export const rooms = (count) => Array.from({ length: count }, (_, number) => `pair-${number}`);

export async function openPair({ port, folder, room, arrived }) {
    mkdirSync(folder, { recursive: true });
    const client = openClient(`${folder}/evolu.sqlite`, ownerOf(room), ({ values }) => arrived(values.message));
    const tick = clock();
    await client.connect(port);
    await client.converged();
    return {
        send({ id, ...message }) {
            const row = change("message", idBytesToId(new Uint8Array(randomBytes(16))), { message: id, ...message });
            client.write([{ timestamp: tick(), change: row }]);
        },
    };
}
