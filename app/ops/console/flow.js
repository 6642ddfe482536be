// What flows now: the tiles, workers, partitions and retry tiers.

import { act, busy } from "./acting.js";
import { byId, el, keyed, mark, part, say } from "./dom.js";
import { count, plural, rate, seconds } from "./format.js";
import { Sparkline } from "./sparkline.js";

const FAILED = ["dead", "expired"];

let before = null;

export function showFlow(glance) {
  showTiles(glance);
  showWorkers(glance);
  showTiers(glance.stats.tiers);
  showPartitions(glance.stats);
  before = glance;
}

const sum = (counts, names) => names.reduce((all, name) => all + (counts[name] ?? 0), 0);

// A second's worth between two moments; null before there are two of the same process.
function grown(glance, statuses) {
  if (before === null || before.health.started_at !== glance.health.started_at) return null;
  const passed = (Date.parse(glance.stats.at) - Date.parse(before.stats.at)) / 1000;
  if (passed <= 0 || passed > 10) return null;
  const now = sum(glance.stats.outcomes.total.statuses, statuses);
  return Math.max(0, now - sum(before.stats.outcomes.total.statuses, statuses)) / passed;
}

function perMinute(statuses) {
  return ({ stats }) => count(sum(stats.outcomes.last_1m.statuses, statuses));
}

const TILES = [
  {
    name: "Delivered", statuses: ["delivered"], unit: "last minute", value: perMinute(["delivered"]),
    more: ({ stats }) => `${rate(stats.pool.throughput_1m)} /s through the pool`,
  },
  {
    name: "Retrying", statuses: ["retrying"], unit: "last minute", value: perMinute(["retrying"]),
    more: ({ stats }) => `${count(sum(stats.outcomes.total.statuses, ["retrying"]))} since the start`,
    state: ({ stats }) => (sum(stats.outcomes.last_1m.statuses, ["retrying"]) ? "warn" : null),
  },
  {
    name: "Dead", statuses: FAILED, unit: "last minute", value: perMinute(FAILED),
    more: ({ stats }) => `${count(sum(stats.outcomes.total.statuses, FAILED))} since the start`,
    state: ({ stats }) => (sum(stats.outcomes.last_1m.statuses, FAILED) ? "bad" : null),
  },
  {
    name: "Age at delivery", unit: "median", value: ({ ages }) => seconds(ages.p50),
    more: ({ ages }) => `95 % < ${seconds(ages.p95)}, oldest ${seconds(ages.max)}`,
  },
  {
    name: "In hand", unit: "mails", value: ({ stats: { pool } }) => count(pool.queued + pool.busy + pool.parked),
    more: ({ stats: { pool } }) => `${count(pool.queued)} queued, ${count(pool.busy)} sending${pool.parked ? `, ${count(pool.parked)} parked` : ""}`,
  },
  {
    name: "Waiting in Kafka", unit: "not taken up", value: ({ stats }) => count(lagOf(queued(stats))),
    more: ({ stats }) => `${count(waiting(stats.tiers))} more in retry tiers`,
  },
];

function makeTile(tile) {
  tile.spark = tile.statuses ? new Sparkline() : null;
  return el(
    "div", { class: "tile" },
    el("dt", {}, tile.name),
    el("dd", {}, el("strong", { "data-part": "value" }), " ", el("span", { class: "soft" }, tile.unit)),
    tile.spark ? el("dd", { class: "line-of" }, tile.spark.node) : null,
    el("dd", { class: "soft", "data-part": "more" }),
  );
}

function showTiles(glance) {
  keyed(byId("tiles"), TILES, (tile) => tile.name, makeTile, (node, tile) => {
    say(part(node, "value"), tile.value(glance));
    say(part(node, "more"), tile.more(glance));
    mark(node, "data-state", tile.state?.(glance));
    const now = tile.spark && grown(glance, tile.statuses);
    if (now !== null) tile.spark?.add(now);
  });
}

function showWorkers({ workers, stats }) {
  const stuck = new Set(stats.pool.stuck.map((job) => job.job_id));
  const earlier = new Map((before?.workers ?? []).map((worker) => [worker.worker, worker]));
  const passed = before ? (Date.parse(stats.at) - Date.parse(before.stats.at)) / 1000 : 0;
  keyed(byId("cells"), workers, (worker) => worker.worker, () => el("i"), (cell, worker) => {
    const last = earlier.get(worker.worker);
    const share = last && passed > 0 ? (worker.busy_s - last.busy_s) / passed : Number(worker.job_id !== null);
    const load = Math.min(1, Math.max(0, share));
    const state = stuck.has(worker.job_id) ? "stuck" : load > 0.02 || worker.job_id !== null ? "busy" : "idle";
    mark(cell, "data-state", state);
    cell.style.setProperty("--load", `${Math.round(load * 100)}%`);
    mark(cell, "title", `worker ${worker.worker}: ${state}, ${Math.round(load * 100)} % of the last second, ${plural(worker.jobs, "mail")}`);
  });
  const { pool } = stats;
  const words = [`${count(pool.busy)} of ${plural(pool.workers, "worker")} busy`];
  if (stuck.size) words.push(`${count(stuck.size)} stuck`);
  words.push(`a mail takes ${seconds(pool.run_s.p50)}, 95 % below ${seconds(pool.run_s.p95)}`);
  say(byId("workers-sum"), words.join(" · "));
  const input = byId("workers");
  if (document.activeElement !== input && !input.value) input.value = pool.workers;
}

byId("resize").addEventListener("submit", (event) => {
  event.preventDefault();
  const input = byId("workers");
  if (!input.reportValidity()) return;
  busy(event.submitter ?? event.target, () =>
    act("POST", "/admin/pool/resize", { workers: Number(input.value) }, (now) => `${plural(now.workers, "worker")} wanted from now on.`));
});

const waiting = (tiers) => tiers.reduce((all, tier) => all + tier.waiting, 0);

function showTiers(tiers) {
  const most = Math.max(1, ...tiers.map((tier) => tier.waiting));
  const make = () =>
    el("li", {}, el("span", { "data-part": "name" }), el("span", { class: "bar-of" }, el("i", { "data-part": "bar" })), el("span", { class: "number", "data-part": "waiting" }));
  keyed(byId("tiers"), tiers, (tier) => tier.topic, make, (node, tier) => {
    say(part(node, "name"), `after ${seconds(tier.delay_s)}`);
    say(part(node, "waiting"), count(tier.waiting));
    mark(node, "title", tier.topic);
    part(node, "bar").style.setProperty("--part", `${(100 * tier.waiting) / most}%`);
  });
  say(byId("tiers-sum"), tiers.length ? `${plural(waiting(tiers), "mail waits", "mails wait")} for the next try` : "none is read here");
}

// The tiers' partitions are summed up with the tiers.
function queued({ intake, tiers }) {
  const topics = new Set(tiers.map((tier) => tier.topic));
  return intake.filter((each) => !topics.has(each.topic));
}

const lagOf = (partitions) => partitions.reduce((all, each) => all + (each.lag ?? 0), 0);

function showPartitions(stats) {
  const partitions = queued(stats);
  const make = () =>
    el("tr", {}, el("th", { scope: "row", "data-part": "name" }), ...["lag", "unsettled", "position"].map((name) => el("td", { "data-part": name })));
  keyed(byId("partitions"), partitions, (each) => `${each.topic}/${each.partition}`, make, (row, each) => {
    say(part(row, "name"), each.partition);
    for (const name of ["lag", "unsettled", "position"]) say(part(row, name), count(each[name]));
    mark(row, "data-state", each.lag ? "behind" : null);
  });
  const [first] = partitions;
  say(
    byId("partitions-sum"),
    first ? `${plural(partitions.length, "partition")} of ${first.topic}, ${count(lagOf(partitions))} behind` : "none is assigned to this instance",
  );
}
