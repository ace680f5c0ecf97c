/* License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl). */
import { browser } from "@web/core/browser/browser";
import { ConnectionLostError, RPCError } from "@web/core/network/rpc";
import { _t } from "@web/core/l10n/translation";
import {
    addChange,
    addStep,
    applyChange,
    applyOperation,
    findRecord,
    newKey,
    settle,
} from "./visit_queue";

import { reactive } from "@odoo/owl";

const { DateTime } = luxon;

const MODEL = "aftersales.dispatch";
const TYPING = 1_200;
const RETRY = 15_000;
const LOCAL = "local:";

/** A moment as it travels. */
export function wireMoment(moment = DateTime.now()) {
    return moment.toUTC().toFormat("yyyy-MM-dd HH:mm:ss");
}

/** A moment that has travelled. */
export function readMoment(text) {
    return text ? DateTime.fromSQL(text, { zone: "utc" }).toLocal() : null;
}

/**
 * One visit between the page, the storage of this phone and the server.
 *
 * Everything that is done on the page goes through `change` and `step`: it is kept on
 * the phone at once and sent as soon as there is a connection.
 */
export class VisitSync {
    /**
     * @param {Object} orm the service, silent
     * @param {VisitStorage} storage
     * @param {number} id of the visit
     */
    constructor(orm, storage, id) {
        this.orm = orm;
        this.storage = storage;
        this.id = id;
        this.timer = null;
        this.saving = Promise.resolve();
        this.running = null;
        this.signKey = null;
        this.state = reactive({
            page: null,
            queue: [],
            conflicts: [],
            gone: [],
            pictures: {},
            keptAt: null,
            isConnected: true,
            isSending: false,
            isKept: true,
        });
    }

    get isSent() {
        return !this.state.queue.length;
    }

    /** What could not be done, in the server's words. */
    get problem() {
        return this.state.queue.find((operation) => operation.error);
    }

    /** The visit is signed or cancelled, and something of it was never sent. */
    get isTooLate() {
        const { page, queue } = this.state;
        return Boolean(page && !page.visit.can_save && queue.length);
    }

    // ---- reading ----

    /** Read the visit, or what is kept of it; then send what waits. */
    async load() {
        const kept = await this.storage.readVisit(this.id);
        const { state } = this;
        if (kept) {
            state.queue = kept.queue || [];
            state.conflicts = kept.conflicts || [];
            state.keptAt = kept.keptAt || null;
            await this.loadPictures();
        }
        try {
            const page = await this.call("visit_read");
            for (const operation of state.queue) {
                applyOperation(page, operation);
            }
            state.page = page;
            state.isConnected = true;
        } catch (error) {
            if (!(error instanceof ConnectionLostError)) {
                throw error;
            }
            state.isConnected = false;
            state.page = kept?.page || null;
        }
        await this.keep();
        this.flush();
    }

    async loadPictures() {
        for (const { changes } of this.state.queue) {
            for (const { set } of changes || []) {
                if (set?.image?.startsWith(LOCAL)) {
                    this.state.pictures[set.image] = await this.storage.readPicture(set.image);
                }
            }
        }
    }

    /** Read the visit anew when nothing waits. */
    async refresh() {
        try {
            const page = await this.call("visit_read");
            for (const operation of this.state.queue) {
                applyOperation(page, operation);
            }
            this.state.page = page;
            await this.keep();
        } catch (error) {
            this.lost(error);
        }
    }

    call(method, ...args) {
        return this.orm.call(MODEL, method, [[this.id], ...args]);
    }

    // ---- writing ----

    /**
     * Change something.
     *
     * @param {string} on see `findRecord`
     * @param {number|string} id
     * @param {Object} set values by field
     * @param {Object} [where] job or finding of something new
     */
    change(on, id, set, where = {}) {
        this.add({ on, id, set, ...where });
    }

    remove(on, id) {
        this.add({ on, id, delete: true });
    }

    add(change) {
        const { page, queue } = this.state;
        addChange(queue, page, change);
        applyChange(page, change);
        this.keep();
        this.schedule(TYPING);
    }

    /** Keep a picture on the phone, and send it when it can be sent. */
    async addPicture(on, id, dataUrl, set, where = {}) {
        const name = LOCAL + newKey();
        this.state.pictures[name] = dataUrl;
        await this.storage.writePicture(name, dataUrl);
        this.change(on, id, { ...set, image: name }, where);
    }

    /** The address of a picture, also of one that is only here. */
    pictureUrl(url) {
        return url?.startsWith(LOCAL) ? this.state.pictures[url] || "" : url;
    }

    /**
     * Make a step now, whether or not there is a connection.
     *
     * @param {string} step
     * @param {Object} [values] `position`, `finding`
     */
    async step(step, values = {}) {
        const { page, queue } = this.state;
        const operation = addStep(queue, step, { at: wireMoment(), ...values });
        applyOperation(page, operation);
        await this.keep();
        return this.flush();
    }

    /** Remember all of it on this phone; the last of several at once is enough. */
    keep() {
        this.isDirty = true;
        this.saving = this.saving.then(async () => {
            if (this.isDirty) {
                this.isDirty = false;
                const { page, queue, conflicts } = this.state;
                this.state.keptAt = queue.length ? wireMoment() : null;
                const { keptAt } = this.state;
                try {
                    await this.storage.writeVisit(this.id, { page, queue, conflicts, keptAt });
                    this.state.isKept = true;
                } catch {
                    // Private windows and full phones keep nothing: the page says so.
                    this.state.isKept = false;
                }
            }
        });
        return this.saving;
    }

    // ---- sending ----

    schedule(delay) {
        browser.clearTimeout(this.timer);
        this.timer = browser.setTimeout(() => this.flush(), delay);
    }

    stop() {
        browser.clearTimeout(this.timer);
        this.isStopped = true;
    }

    /** Send all that waits, in order, until something is in the way. */
    flush() {
        browser.clearTimeout(this.timer);
        this.running = this.running || this.sendAll().finally(() => (this.running = null));
        return this.running;
    }

    async sendAll() {
        const { state } = this;
        let hasStepped = false;
        state.isSending = true;
        try {
            while (state.queue.length && !state.queue[0].error) {
                const operation = state.queue[0];
                operation.tried = true;
                await this.keep();
                const result = await this.send(operation);
                state.isConnected = true;
                this.take(operation, result || {});
                hasStepped = hasStepped || operation.kind === "step";
                await this.keep();
            }
            if (hasStepped && !state.queue.length) {
                await this.refresh();
            }
        } catch (error) {
            this.lost(error, state.queue[0]);
            await this.keep();
        } finally {
            state.isSending = false;
        }
    }

    send(operation) {
        if (operation.kind === "step") {
            return this.call("visit_step", operation.key, operation.step, operation.values);
        }
        const changes = operation.changes.map((change) => this.withPicture(change));
        return this.call("visit_save", operation.key, { changes });
    }

    withPicture(change) {
        const image = change.set?.image;
        if (!image) {
            return change;
        }
        const data = (this.state.pictures[image] || "").split(",").at(-1);
        return { ...change, set: { ...change.set, image: data } };
    }

    take(operation, result) {
        const { queue, page } = this.state;
        settle(queue, page, operation.key, result.ids);
        if (operation.kind === "step") {
            if (result.state && !queue.some((one) => one.kind === "step")) {
                page.visit.state = result.state;
            }
            return;
        }
        for (const { set } of operation.changes) {
            if (set?.image) {
                this.storage.writePicture(set.image, null);
            }
        }
        for (const conflict of result.conflicts || []) {
            this.state.conflicts.push(conflict);
            const record = findRecord(page, conflict.on, conflict.id);
            if (record) {
                record[conflict.field] = conflict.theirs;
            }
        }
        for (const { on, id } of result.gone || []) {
            this.state.gone.push(on);
            if (on === "line" || on === "photo") {
                applyChange(page, { on, id, delete: true });
            }
        }
    }

    /** No connection: try again later. Refused: say why, and wait for the user. */
    lost(error, operation) {
        if (error instanceof ConnectionLostError) {
            this.state.isConnected = false;
            if (!this.isStopped && this.state.queue.length) {
                this.schedule(RETRY);
            }
        } else if (error instanceof RPCError && operation) {
            operation.tried = false;
            operation.error = error.data?.message || error.message || _t("It was refused.");
        } else {
            throw error;
        }
    }

    // ---- what the user decides ----

    /** Send now, also what was refused before. */
    sendNow() {
        for (const operation of this.state.queue) {
            operation.error = "";
        }
        return this.flush();
    }

    /** Give up what was refused, and show what the server has. */
    async drop(operation) {
        const { queue } = this.state;
        const index = queue.findIndex(({ key }) => key === operation.key);
        if (index >= 0) {
            queue.splice(index, 1);
        }
        await this.refresh();
        return this.flush();
    }

    async dropAll() {
        this.state.queue = [];
        await this.keep();
    }

    solveConflict(conflict, useMine) {
        const isThis = ({ on, id, field }) =>
            on === conflict.on && id === conflict.id && field === conflict.field;
        this.state.conflicts = this.state.conflicts.filter((one) => !isThis(one));
        if (useMine) {
            this.change(conflict.on, conflict.id, { [conflict.field]: conflict.mine });
        } else {
            this.keep();
        }
    }

    /**
     * Sign: the same key as long as no answer has come.
     *
     * @param {Object} values see `visit_sign`
     */
    async sign(values) {
        this.signKey = this.signKey || newKey();
        try {
            const result = await this.call("visit_sign", this.signKey, values);
            this.signKey = null;
            await this.refresh();
            return result;
        } catch (error) {
            if (error instanceof RPCError) {
                this.signKey = null;
            }
            throw error;
        }
    }
}
