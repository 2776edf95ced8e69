// node table.mjs FILE: a Markdown table of least / median / most over the runs of what run.mjs wrote.
import { readFileSync } from "node:fs";

const rows = [
    ["W1 readable (ms)", "w1", "ms"],
    ["W1 stored too (ms)", "w1", "stored_ms"],
    ["W1 received (KB)", "w1", "bytes_in", 1e-3],
    ["W1 sent (KB)", "w1", "bytes_out", 1e-3],
    ["W1 client, memory (MiB)", "w1", "client_memory"],
    ["W1 client, processor (s)", "w1", "cpu_s"],
    ["W1 client, disk (KB)", "w1", "client_disk", 1e-3],
    ["W1 server, memory (MiB)", "w1", "server_memory"],
    ["W1 server, processor (s)", "w1", "server_cpu_s"],
    ["W1 cores used by others", "w1", "other_cores"],
    ["W2 process kept (ms)", "w2_kept", "ms"],
    ["W2 restarted: open (ms)", "w2_restarted", "open_ms"],
    ["W2 restarted: sync (ms)", "w2_restarted", "ms"],
    ["W2 restarted: received (KB)", "w2_restarted", "bytes_in", 1e-3],
    ["W2 restarted: sent (KB)", "w2_restarted", "bytes_out", 1e-3],
    ["W3 one pair, p50 (ms)", "w3_1", "p50_ms"],
    ["W3 one pair, p99 (ms)", "w3_1", "p99_ms"],
    ["W3 fifty pairs, p50 (ms)", "w3_50", "p50_ms"],
    ["W3 fifty pairs, p99 (ms)", "w3_50", "p99_ms"],
    ["W3 fifty pairs, bytes a message", "w3_50", "bytes_per_message"],
    ["W3 fifty pairs, server, processor (s)", "w3_50", "server_cpu_s"],
    ["W4 one write, p50 (ms)", "w4", "write_p50_ms"],
    ["W4 one write, p99 (ms)", "w4", "write_p99_ms"],
    ["W4 survived the kill", "w4", "survived"],
    ["W4 the writer knows (ms)", "w4", "known_ms"],
    ["W4 the other sees (ms)", "w4", "seen_ms"],
    ["W4 sent (KB)", "w4", "bytes_out", 1e-3],
];

const { systems } = JSON.parse(readFileSync(process.argv[2], "utf8"));

const written = (value) => value.toFixed(value >= 100 ? 0 : value >= 10 ? 1 : 2);

function cell(runs, field, scale = 1) {
    const values = (runs ?? []).map((run) => run[field]).filter((value) => typeof value === "number");
    if (values.length === 0) return "–";
    const sorted = values.map((value) => value * scale).sort((one, other) => one - other);
    const median = sorted[Math.floor(sorted.length / 2)];
    if (sorted.length === 1) return written(median);
    return `${written(sorted[0])} / **${written(median)}** / ${written(sorted.at(-1))}`;
}

const line = (cells) => console.log(`| ${cells.join(" | ")} |`);
line(["least / **median** / most", ...Object.keys(systems)]);
line(["---", ...Object.keys(systems).map(() => "---")]);
for (const [label, workload, field, scale] of rows) {
    line([label, ...Object.values(systems).map((results) => cell(results[workload], field, scale))]);
}
for (const [name, { error }] of Object.entries(systems)) if (error) console.log(`\n${name} failed: ${error}`);
