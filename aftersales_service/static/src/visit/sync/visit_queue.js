/* License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl). */

/**
 * What was done on the phone and not yet confirmed by the server, in order.
 *
 * A queue is a list of operations: {key, kind, tried, error} with `changes` (kind
 * "save") or `step` and `values` (kind "step"). An operation that was tried may have
 * arrived: it is sent again as it is, under the same key, and counts once.
 */

const LISTS = { line: "lines", photo: "photos" };
const NEW = "new-";

/** @returns {string} unique key of an operation, or the end of a temporary id */
export function newKey() {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** @returns {string} id of a record that the server doesn't know yet */
export function newId() {
    return NEW + newKey();
}

export function isNew(id) {
    return typeof id === "string" && id.startsWith(NEW);
}

/**
 * Find what a change is about.
 *
 * @param {Object} page as read from the server
 * @param {string} on visit, job, answer, finding, line or photo
 * @param {number|string} id
 * @returns {Object|undefined}
 */
export function findRecord(page, on, id) {
    if (on === "visit") {
        return page.visit;
    }
    if (LISTS[on]) {
        return page[LISTS[on]].find((record) => record.id === id);
    }
    if (on === "job") {
        return page.jobs.find((job) => job.id === id);
    }
    const name = on === "answer" ? "answers" : "findings";
    return page.jobs.flatMap((job) => job[name]).find((record) => record.id === id);
}

/** Hours between two moments as they travel, as the server rounds them. */
export function hoursBetween(from, to) {
    const [start, end] = [from, to].map((text) => Date.parse(text.replace(" ", "T") + "Z"));
    return Math.round(((end - start) / 3_600_000) * 10_000) / 10_000;
}

/** Do to the page what a change does to the server. */
export function applyChange(page, change) {
    const { on, id, set } = change;
    if (change.delete) {
        page[LISTS[on]] = page[LISTS[on]].filter((record) => record.id !== id);
        return;
    }
    if (on === "evidence") {
        const finding = findRecord(page, "finding", change.finding);
        if (finding) {
            finding.evidence = (finding.evidence || 0) + 1;
        }
        return;
    }
    let record = findRecord(page, on, id);
    if (!record && isNew(id)) {
        record = makeRecord(page, change);
    }
    if (!record) {
        return;
    }
    const { scanned, image, ...values } = set;
    Object.assign(record, values);
    if (image) {
        record.url = image;
    }
    if ("equipment_id" in values || scanned) {
        record.checked_at = scanned || false;
    }
    if (on === "line" && record.started_at && record.ended_at) {
        record.hours = hoursBetween(record.started_at, record.ended_at);
    }
}

function makeRecord(page, { on, id, job }) {
    // The page knows it by its first name, also when it has got a number.
    const record = { id, uid: id };
    if (on === "finding") {
        Object.assign(record, { misuse_state: "none", evidence: 0, liability: "unknown" });
        page.jobs.find((one) => one.id === job)?.findings.push(record);
    } else {
        Object.assign(record, on === "line" ? { hours: 0, quantity: 1, distance_km: 0 } : {});
        page[LISTS[on]].push(record);
    }
    return record;
}

const NEXT = { depart: "on_way", arrive: "on_site", finish: "to_sign", continue: "on_site" };

/** Do to the page what an operation does to the server. */
export function applyOperation(page, operation) {
    if (operation.kind === "save") {
        for (const change of operation.changes) {
            applyChange(page, change);
        }
    } else if (operation.step === "propose_misuse") {
        const finding = findRecord(page, "finding", operation.values.finding);
        if (finding) {
            finding.misuse_state = "proposed";
        }
    } else {
        page.visit.state = NEXT[operation.step] || page.visit.state;
    }
}

/**
 * Add a change to the queue.
 *
 * It joins the last operation if that was never tried; a field that is typed on keeps the
 * value that was seen before the first letter. Pictures travel alone.
 *
 * @param {Array} queue is changed
 * @param {Object} page before the change
 * @param {Object} change {on, id, set, job, finding, delete}
 * @param {string} [key] of a new operation
 * @returns {Object} the operation it is part of
 */
export function addChange(queue, page, change, key = newKey()) {
    const last = queue.at(-1);
    const isPicture = Boolean(change.set?.image);
    const joins =
        last && last.kind === "save" && !last.tried && !isPicture && !last.isPicture;
    const operation = joins
        ? last
        : { key, kind: "save", changes: [], tried: false, error: "", isPicture };
    if (!joins) {
        queue.push(operation);
    }
    operation.error = "";
    const known = operation.changes.find(
        (one) => one.on === change.on && one.id === change.id && !one.delete
    );
    if (change.delete) {
        operation.changes = operation.changes.filter((one) => one !== known);
        if (!known || !isNew(change.id)) {
            operation.changes.push({ on: change.on, id: change.id, delete: true });
        }
        dropEmpty(queue, operation);
        return operation;
    }
    const target = known || { ...change, set: {}, was: {} };
    if (!known) {
        operation.changes.push(target);
    }
    const record = findRecord(page, change.on, change.id) || {};
    for (const [name, value] of Object.entries(change.set)) {
        if (!(name in target.set) && !isNew(change.id)) {
            target.was[name] = record[name] ?? false;
        }
        target.set[name] = value;
    }
    return operation;
}

function dropEmpty(queue, operation) {
    if (!operation.changes.length) {
        queue.splice(
            queue.findIndex(({ key }) => key === operation.key),
            1
        );
    }
}

/**
 * Add a step to the queue.
 *
 * @param {Array} queue is changed
 * @param {string} step
 * @param {Object} values
 * @returns {Object} the operation
 */
export function addStep(queue, step, values, key = newKey()) {
    const operation = { key, kind: "step", step, values, tried: false, error: "" };
    queue.push(operation);
    return operation;
}

/**
 * Take out what the server has confirmed, and call new records by their numbers.
 *
 * @param {Array} queue is changed
 * @param {Object} page is changed
 * @param {string} key of the operation
 * @param {Object} [ids] numbers of new records by their temporary ids
 */
export function settle(queue, page, key, ids = {}) {
    const index = queue.findIndex((operation) => operation.key === key);
    if (index >= 0) {
        queue.splice(index, 1);
    }
    for (const { changes, values } of queue) {
        for (const change of changes || []) {
            change.id = ids[change.id] ?? change.id;
            change.finding = ids[change.finding] ?? change.finding;
        }
        if (values?.finding) {
            values.finding = ids[values.finding] ?? values.finding;
        }
    }
    const records = [page.lines, page.photos, ...page.jobs.map((job) => job.findings)].flat();
    for (const record of records) {
        record.id = ids[record.id] ?? record.id;
    }
}

/** Whether something new is still waiting for its number. */
export function isWaiting(queue, id) {
    return isNew(id) && queue.some(({ changes }) => changes?.some((one) => one.id === id));
}
