/* License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl). */
import {
    addChange,
    addStep,
    applyChange,
    applyOperation,
    hoursBetween,
    newKey,
    settle,
} from "@aftersales_service/visit/sync/visit_queue";
import { VisitSync } from "@aftersales_service/visit/sync/visit_sync";
import { animationFrame, expect, test } from "@odoo/hoot";
import { ConnectionLostError, RPCError } from "@web/core/network/rpc";

const makePage = () => ({
    visit: { id: 1, state: "on_site", can_save: true, customer_comments: false },
    jobs: [
        {
            id: 5,
            work_done: "Old",
            result: false,
            answers: [{ id: 8, answer: false }],
            findings: [],
        },
    ],
    lines: [],
    photos: [],
    choices: {},
});

function type(queue, page, text, key) {
    const change = { on: "job", id: 5, set: { work_done: text } };
    const operation = addChange(queue, page, change, key);
    applyChange(page, change);
    return operation;
}

test("letters join one operation, which keeps what was seen first", async () => {
    const [queue, page] = [[], makePage()];
    type(queue, page, "N");
    type(queue, page, "New");
    expect(queue.length).toBe(1);
    expect(queue[0].changes).toEqual([
        { on: "job", id: 5, set: { work_done: "New" }, was: { work_done: "Old" } },
    ]);
    expect(page.jobs[0].work_done).toBe("New");
});

test("what may have arrived is sent again as it was", async () => {
    const [queue, page] = [[], makePage()];
    type(queue, page, "One", "first").tried = true;
    type(queue, page, "Two", "second");
    expect(queue.map(({ key }) => key)).toEqual(["first", "second"]);
    expect(queue[1].changes[0].was).toEqual({ work_done: "One" });
});

test("steps keep their place between what was typed", async () => {
    const [queue, page] = [[], makePage()];
    type(queue, page, "Before");
    applyOperation(page, addStep(queue, "finish", { at: "2026-03-02 09:00:00" }));
    type(queue, page, "After");
    expect(queue.map(({ kind }) => kind)).toEqual(["save", "step", "save"]);
    expect(page.visit.state).toBe("to_sign");
});

test("what is made and deleted before it was sent is not sent", async () => {
    const [queue, page] = [[], makePage()];
    const nut = { on: "line", id: "new-1", set: { kind: "part", name: "Nut" } };
    addChange(queue, page, nut);
    applyChange(page, nut);
    expect(page.lines.length).toBe(1);
    const gone = { on: "line", id: "new-1", delete: true };
    addChange(queue, page, gone);
    applyChange(page, gone);
    expect(queue).toEqual([]);
    expect(page.lines).toEqual([]);
});

test("pictures travel alone", async () => {
    const [queue, page] = [[], makePage()];
    type(queue, page, "Text");
    addChange(queue, page, { on: "photo", id: "new-1", set: { image: "local:1" } });
    type(queue, page, "More");
    expect(queue.length).toBe(3);
});

test("new records are called by their numbers once these are known", async () => {
    const [queue, page] = [[], makePage()];
    const finding = { on: "finding", id: "new-f", job: 5, set: { note: "Dent" } };
    addChange(queue, page, finding, "made").tried = true;
    applyChange(page, finding);
    const photo = { on: "evidence", id: "new-e", finding: "new-f", set: { image: "local:2" } };
    addChange(queue, page, photo);
    applyChange(page, photo);
    addStep(queue, "propose_misuse", { finding: "new-f" });
    settle(queue, page, "made", { "new-f": 44 });
    expect(queue.length).toBe(2);
    expect(queue[0].changes[0].finding).toBe(44);
    expect(queue[1].values.finding).toBe(44);
    expect(page.jobs[0].findings[0].id).toBe(44);
    expect(page.jobs[0].findings[0].uid).toBe("new-f");
    expect(page.jobs[0].findings[0].evidence).toBe(1);
});

test("hours follow from when work began and ended", async () => {
    expect(hoursBetween("2026-03-02 23:30:00", "2026-03-03 01:00:00")).toBe(1.5);
    const page = makePage();
    applyChange(page, {
        on: "line",
        id: "new-1",
        set: { started_at: "2026-03-02 08:00:00", ended_at: "2026-03-02 08:20:00" },
    });
    expect(page.lines[0].hours).toBe(0.3333);
    expect(newKey()).not.toBe(newKey());
});

// ---- a visit between the page, the phone and a server that is not always there ----

class Storage {
    constructor() {
        this.visits = {};
        this.pictures = {};
    }
    async readVisit(id) {
        return this.visits[id] && JSON.parse(this.visits[id]);
    }
    async writeVisit(id, record) {
        this.visits[id] = JSON.stringify(record);
    }
    async readPicture(name) {
        return this.pictures[name];
    }
    async writePicture(name, dataUrl) {
        this.pictures[name] = dataUrl;
    }
}

class Server {
    constructor() {
        this.page = makePage();
        this.results = new Map();
        this.isThere = true;
        this.losesAnswer = false;
        this.refuses = "";
        this.saved = 0;
    }
    async call(model, method, [ids, key, ...rest]) {
        if (!this.isThere) {
            throw new ConnectionLostError("/visit");
        }
        if (method === "visit_read") {
            return JSON.parse(JSON.stringify(this.page));
        }
        if (this.refuses) {
            throw Object.assign(new RPCError(), { data: { message: this.refuses } });
        }
        if (!this.results.has(key)) {
            this.saved++;
            const kind = method === "visit_step" ? "step" : "save";
            const [first, second] = rest;
            applyOperation(
                this.page,
                kind === "step"
                    ? { kind, step: first, values: second }
                    : { kind, changes: first.changes }
            );
            this.results.set(key, kind === "step" ? { state: this.page.visit.state } : {});
        }
        if (this.losesAnswer) {
            this.losesAnswer = false;
            throw new ConnectionLostError("/visit");
        }
        return this.results.get(key);
    }
}

async function open(server, storage) {
    const sync = new VisitSync(server, storage, 1);
    await sync.load();
    await sync.flush();
    return sync;
}

function write(sync, text) {
    sync.change("job", 5, { work_done: text });
    return sync.keep();
}

test("nothing is lost without a connection, nor by a reload, and sent once", async () => {
    const [server, storage] = [new Server(), new Storage()];
    let sync = await open(server, storage);
    server.isThere = false;
    await write(sync, "On the roof");
    await sync.flush();
    expect(sync.state.isConnected).toBe(false);
    expect(Boolean(sync.state.keptAt)).toBe(true);
    sync.stop();

    // the page is opened again, first without and then with a connection
    sync = await open(server, storage);
    expect(sync.state.page.jobs[0].work_done).toBe("On the roof");
    expect(sync.isSent).toBe(false);
    sync.stop();
    server.isThere = true;
    sync = await open(server, storage);
    expect(sync.isSent).toBe(true);
    expect(server.page.jobs[0].work_done).toBe("On the roof");
    expect(server.saved).toBe(1);
    await animationFrame();
    expect(JSON.parse(storage.visits[1]).queue).toEqual([]);
});

test("an answer that is lost makes no second result", async () => {
    const [server, storage] = [new Server(), new Storage()];
    const sync = await open(server, storage);
    server.losesAnswer = true;
    await write(sync, "Once");
    await sync.flush();
    expect(sync.isSent).toBe(false);
    await sync.sendNow();
    expect(sync.isSent).toBe(true);
    expect(server.saved).toBe(1);
    sync.stop();
});

test("what is refused waits for the user, who drops it or tries again", async () => {
    const [server, storage] = [new Server(), new Storage()];
    const sync = await open(server, storage);
    server.refuses = "Not possible";
    await write(sync, "Wrong");
    await sync.flush();
    expect(sync.problem.error).toBe("Not possible");
    await write(sync, "Wrong, but better");
    expect(sync.state.queue.length).toBe(1);
    server.refuses = "";
    await sync.sendNow();
    expect(server.page.jobs[0].work_done).toBe("Wrong, but better");
    server.refuses = "Never";
    await write(sync, "Given up");
    await sync.flush();
    await sync.drop(sync.problem);
    expect(sync.isSent).toBe(true);
    expect(sync.state.page.jobs[0].work_done).toBe("Wrong, but better");
    sync.stop();
});

test("a conflict shows both, and nothing is lost", async () => {
    const [server, storage] = [new Server(), new Storage()];
    const sync = await open(server, storage);
    const conflict = { on: "job", id: 5, field: "work_done", mine: "Mine", theirs: "Theirs" };
    server.call = async (model, method) =>
        method === "visit_read" ? makePage() : { conflicts: [conflict] };
    await write(sync, "Mine");
    await sync.flush();
    expect(sync.state.page.jobs[0].work_done).toBe("Theirs");
    expect(sync.state.conflicts.length).toBe(1);
    sync.solveConflict(conflict, true);
    expect(sync.state.conflicts.length).toBe(0);
    expect(sync.state.queue[0].changes[0]).toEqual({
        on: "job",
        id: 5,
        set: { work_done: "Mine" },
        was: { work_done: "Theirs" },
    });
    sync.stop();
});

test("steps made without a connection are made in their order and with their time", async () => {
    const [server, storage] = [new Server(), new Storage()];
    server.page.visit.state = "planned";
    const sync = await open(server, storage);
    server.isThere = false;
    await sync.step("depart");
    await sync.step("arrive", { position: { latitude: 1, longitude: 2 } });
    expect(sync.state.page.visit.state).toBe("on_site");
    expect(server.page.visit.state).toBe("planned");
    const [depart, arrive] = sync.state.queue;
    expect(depart.values.at <= arrive.values.at).toBe(true);
    server.isThere = true;
    await sync.sendNow();
    expect(server.page.visit.state).toBe("on_site");
    expect(server.saved).toBe(2);
    sync.stop();
});
