// Automerge 3 with automerge-repo 2: its WebSocket adapters, and its file storage on both sides.
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import * as Automerge from "@automerge/automerge";
import { Repo } from "@automerge/automerge-repo";
import { WebSocketClientAdapter, WebSocketServerAdapter } from "@automerge/automerge-repo-network-websocket";
import { NodeFSStorageAdapter } from "@automerge/automerge-repo-storage-nodefs";
import bs58check from "bs58check";
import { WebSocketServer } from "ws";
import { Arrivals } from "../arrivals.mjs";
import { caseCount, random } from "../data.mjs";
import { sleep } from "../program.mjs";

// Ids follow from numbers, so that every client knows its cases without a directory.
function idOf(kind, number) {
    const draw = random(kind * 65_537 + number);
    return bs58check.encode(Uint8Array.from({ length: 16 }, () => Math.floor(draw() * 256)));
}
const caseId = (index) => idOf(1, index);
const urlOf = (id) => `automerge:${id}`;

// Plain strings rather than texts that several edit: the cheaper choice.
const plain = (value) => (typeof value === "string" ? new Automerge.ImmutableString(value) : value);
const stored = (record) => Object.fromEntries(Object.entries(record).map(([key, value]) => [key, plain(value)]));
const add = (document, message) =>
    Automerge.change(document, (draft) => {
        draft.messages.push(stored(message));
    });

export async function startServer({ folder, port }) {
    const network = [new WebSocketServerAdapter(new WebSocketServer({ port, host: "127.0.0.1" }))];
    const storage = new NodeFSStorageAdapter(folder);
    const repo = new Repo({ network, storage, peerId: `server-${port}`, sharePolicy: async () => false });
    return { stop: () => Promise.race([repo.flush(), sleep(5000)]) };
}

function connect(repo, port) {
    const adapter = new WebSocketClientAdapter(`ws://127.0.0.1:${port}`);
    repo.networkSubsystem.addNetworkAdapter(adapter);
    return adapter;
}

export async function seed({ port, cases }) {
    const repo = new Repo({ peerId: "seeder" });
    connect(repo, port);
    for (const { index, fields, appointments, messages } of cases) {
        // Two replicas write in turn.
        let first = Automerge.from({ ...stored(fields), appointments: appointments.map(stored), messages: [] });
        let second = Automerge.clone(first);
        for (const [number, message] of messages.entries()) {
            if (number % 2) {
                second = add(second, message);
                first = Automerge.merge(first, second);
            } else {
                first = add(first, message);
                second = Automerge.merge(second, first);
            }
        }
        repo.import(Automerge.save(first), { docId: caseId(index) });
    }
    // Nothing tells when the server has all of it.
    await sleep(15_000);
}

export async function openReplica({ port, folder }) {
    mkdirSync(folder, { recursive: true });
    const repo = new Repo({ storage: new NodeFSStorageAdapter(folder), sharePolicy: async () => true });
    const arrivals = new Arrivals();
    const handles = [];
    const find = async (index) => {
        const handle = await repo.find(urlOf(caseId(index)));
        handles[index] = handle;
        const count = () => arrivals.set(index, handle.doc()?.messages?.length ?? 0);
        handle.on("change", count);
        count();
    };
    const isStored = (index) => existsSync(join(folder, caseId(index).slice(0, 2), caseId(index).slice(2)));
    const all = Array.from({ length: caseCount }, (_, index) => index);
    await Promise.all(all.filter(isStored).map(find));
    let adapter;
    return {
        async connect() {
            adapter = connect(repo, port);
            await Promise.all(all.filter((index) => !handles[index]).map(find));
        },
        disconnect: () => repo.networkSubsystem.removeNetworkAdapter(adapter),
        reached: (count) => arrivals.reached(count),
        stored: () => repo.flush(),
        async write(index, message, isDurable) {
            handles[index].change((draft) => {
                draft.messages.push(stored(message));
            });
            if (isDurable) await repo.flush([handles[index].documentId]);
        },
        read: () => ({
            texts: handles.flatMap((handle) => handle.doc().messages.map(({ text }) => text.toString())),
            appointments: handles.reduce((sum, handle) => sum + handle.doc().appointments.length, 0),
        }),
        close: () => repo.flush(),
    };
}

export const rooms = (count) => Array.from({ length: count }, (_, number) => idOf(9, number));

export async function openPair({ port, room, side, arrived }) {
    const repo = new Repo({ sharePolicy: async () => true });
    connect(repo, port);
    const handle = side === "a" ? await create(repo, room) : await found(repo, room);
    // What both write at once may be put before our own last message, so that its place says nothing.
    const seen = new Set();
    handle.on("change", () => {
        for (const { id } of handle.doc().messages.slice(-20)) {
            const known = id.toString();
            if (seen.has(known)) continue;
            seen.add(known);
            arrived(known);
        }
    });
    return {
        send(message) {
            seen.add(message.id);
            handle.change((draft) => {
                draft.messages.push(stored(message));
            });
        },
    };
}

async function create(repo, room) {
    const handle = repo.import(Automerge.save(Automerge.from({ messages: [] })), { docId: room });
    await sleep(50);
    return handle;
}

async function found(repo, room) {
    for (let tries = 50; ; tries--) {
        try {
            return await repo.find(urlOf(room));
        } catch (error) {
            if (tries === 0) throw error;
            await sleep(100);
        }
    }
}
