// The client process of a peer: node peer-client.mjs PEER. Its lines are those of README.md.
import { createInterface } from "node:readline";
import { checksum } from "./data.mjs";
import * as data from "./data.mjs";
import { now, sleep } from "./program.mjs";

const peer = await import(`./adapters/${process.argv[2]}.mjs`);
let replica;
let pairs = [];
const [sent, received] = [new Map(), new Map()];

async function held() {
    const { texts, appointments } = await replica.read();
    return { messages: texts.length, appointments, checksum: checksum(texts) };
}

const verbs = {
    seed: ({ port, folder }) => peer.seed({ port, folder, cases: data.cases() }),

    async open({ port, folder }) {
        const begun = now();
        replica = await peer.openReplica({ port, folder });
        return { ms: now() - begun };
    },

    async sync({ messages }) {
        const [begun, cpu] = [now(), process.cpuUsage()];
        await replica.connect();
        await replica.reached(messages);
        const ms = now() - begun;
        const { user, system } = process.cpuUsage(cpu);
        return { begun, ms, cpu_s: (user + system) / 1e6 };
    },

    async stored() {
        await replica.stored?.();
        return { at: now() };
    },

    async wait_until({ messages }) {
        await replica.reached(messages);
        return { at: now() };
    },

    disconnect: () => replica.disconnect(),
    held,

    async write({ messages, stored }) {
        const times = [];
        for (const { index, message } of messages) {
            const begun = now();
            await replica.write(index, message, stored);
            times.push(now() - begun);
        }
        await replica.stored?.();
        return { times };
    },

    pushed: () => replica.pushed?.(),

    async push() {
        const begun = now();
        await replica.connect();
        await replica.pushed?.();
        return { begun, known_ms: replica.pushed ? now() - begun : null };
    },

    async open_pairs({ port, folder, rooms, side }) {
        const arrived = (id) => received.has(id) || received.set(id, now());
        pairs = [];
        for (const [number, room] of rooms.entries()) {
            pairs.push(await peer.openPair({ port, folder: `${folder}/${number}`, room, side, arrived }));
        }
    },

    // An open loop: what is due is written, whether or not the last one has arrived.
    async live({ jobs }) {
        for (const { pair, due, message } of jobs) {
            const left = due - now();
            if (left > 1) await sleep(left);
            sent.set(message.id, now());
            pairs[pair].send(message);
        }
    },

    async received({ count, within_ms }) {
        const end = now() + within_ms;
        while (received.size < count && now() < end) await sleep(5);
        return { sent: [...sent], received: [...received] };
    },

    close: () => replica?.close(),
};

process.on("unhandledRejection", (error) => console.error(error));
// A request that waits for messages does not hold up the next.
for await (const line of createInterface({ input: process.stdin })) {
    const { id, do: verb, ...request } = JSON.parse(line);
    Promise.resolve()
        .then(() => verbs[verb](request))
        .then(
            (ok) => console.log(JSON.stringify({ id, ok: ok ?? {} })),
            (error) => console.log(JSON.stringify({ id, error: { kind: "bug", reference: error.stack } })),
        );
}
process.kill(process.pid, "SIGKILL");
