// node run.mjs --out FILE [--folder FOLDER] [--systems mso,yjs] [--only w1,w3] [--runs 3]
// Measures the systems in turn, run by run, and writes what it measured. A system that fails says so under `error`.
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { mso } from "./adapters/mso.mjs";
import { peer } from "./peer.mjs";
import { killAll } from "./program.mjs";
import { Bench } from "./workloads.mjs";

const peers = ["yjs", "automerge", "loro", "pouchdb", "evolu"];
const live = [
    { name: "w3_1", pairs: 1, messages: 200, interval: 25 },
    { name: "w3_50", pairs: 50, messages: 20, interval: 200 },
];

const { values: options } = parseArgs({
    options: {
        out: { type: "string" },
        // A disk that is memory: no peer syncs what it writes, so that syncing is to cost nothing.
        folder: { type: "string", default: existsSync("/dev/shm") ? "/dev/shm" : tmpdir() },
        systems: { type: "string", default: ["mso", ...peers].join() },
        only: { type: "string", default: "w1,w2,w3,w4" },
        runs: { type: "string", default: "3" },
    },
});
if (!options.out) {
    console.error("usage: node run.mjs --out FILE [--folder FOLDER] [--systems mso,yjs] [--only w1,w3] [--runs 3]");
    process.exit(2);
}
const only = options.only.split(",");
const folder = mkdtempSync(join(options.folder, "mso-peers-"));
// A database that runs as a user of its own keeps its files inside only if it can reach the folder.
chmodSync(folder, 0o711);
const systems = await Promise.all(options.systems.split(",").map((name) => (name === "mso" ? mso : peer(name))));
const measured = Object.fromEntries(systems.map(({ name }) => [name, {}]));
const say = (...words) => console.error("peers:", ...words);

// What one system fails at does not keep the others from being measured.
async function attempt(system, what, work) {
    const results = measured[system.name];
    if (results.error) return;
    say(system.name, what);
    const bench = new Bench(system, folder);
    try {
        for (const [name, value] of Object.entries(await work(bench))) {
            (results[name] ??= []).push(value);
        }
    } catch (error) {
        results.error = `${what}: ${error.message}`;
        say(system.name, error.stack);
        await killAll();
        await bench.abandon();
    }
}

process.on("SIGINT", () => process.exit(130));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
for (const system of systems) {
    if (only.some((name) => name !== "w3")) await attempt(system, "seed", (bench) => bench.seed());
    if (only.includes("w3")) await attempt(system, "seed of pairs", async (bench) => (await bench.seedPairs(50), {}));
}
for (let run = 1; run <= Number(options.runs); run++) {
    for (const system of systems) {
        if (only.some((name) => name !== "w3")) await attempt(system, `run ${run}`, (bench) => bench.run(only));
        if (!only.includes("w3")) continue;
        for (const { name, ...load } of live) {
            await attempt(system, `${name} ${run}`, async (bench) => ({ [name]: await bench.live(load) }));
        }
    }
}
await killAll();
mkdirSync(dirname(options.out), { recursive: true });
writeFileSync(options.out, `${JSON.stringify({ node: process.version, systems: measured }, null, 4)}\n`);
process.exit(Object.values(measured).some(({ error }) => error) ? 1 : 0);
