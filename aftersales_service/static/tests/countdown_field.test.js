/* License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl). */
import { destroy, expect, test } from "@odoo/hoot";
import { queryAllTexts, queryFirst } from "@odoo/hoot-dom";
import { advanceTime, animationFrame, mockDate, mockTimeZone } from "@odoo/hoot-mock";
import { countdownText } from "@aftersales_service/countdown/countdown_text";
import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import {
    contains,
    defineModels,
    fields,
    makeMockEnv,
    models,
    mountView,
    onRpc,
    patchWithCleanup,
} from "@web/../tests/web_test_helpers";

const { DateTime } = luxon;

class Ticket extends models.Model {
    name = fields.Char();
    next_deadline = fields.Datetime({ string: "Next Promise", readonly: true });
    pause_reason = fields.Selection({
        selection: [
            ["customer", "Waiting for Customer"],
            ["parts", "Waiting for Parts"],
        ],
    });

    _records = [
        { id: 1, name: "soon", next_deadline: "2026-03-02 12:12:30" },
        { id: 2, name: "late", next_deadline: "2026-03-02 08:34:30" },
        { id: 3, name: "waits", next_deadline: false, pause_reason: "customer" },
        { id: 4, name: "nothing", next_deadline: false },
    ];
}

defineMailModels();
defineModels([Ticket]);

const LIST = /* xml */ `
    <list>
        <field name="name"/>
        <field name="next_deadline" widget="aftersales_countdown"/>
        <field name="pause_reason" column_invisible="True"/>
    </list>`;
const CELLS = ".o_data_cell[name=next_deadline]";

test("a distance is said in whole sentences, to the minute", async () => {
    await makeMockEnv();
    const now = DateTime.fromISO("2026-03-02T09:00:00");
    const say = (duration) => String(countdownText(now.plus(duration), now));
    expect(say({ days: 2, hours: 4, minutes: 59 })).toBe("in 2 d 4 h");
    expect(say({ days: 1 })).toBe("in 1 d");
    expect(say({ hours: 23, minutes: 59 })).toBe("in 23 h 59 min");
    expect(say({ hours: 3 })).toBe("in 3 h");
    expect(say({ minutes: 1 })).toBe("in 1 min");
    expect(say({ seconds: 59 })).toBe("in less than 1 min");
    expect(say({ seconds: 0 })).toBe("in less than 1 min");
    expect(say({ seconds: -1 })).toBe("late by less than 1 min");
    expect(say({ minutes: -25 })).toBe("late by 25 min");
    expect(say({ hours: -1 })).toBe("late by 1 h");
    expect(say({ hours: -3, minutes: -12 })).toBe("late by 3 h 12 min");
    expect(say({ days: -2 })).toBe("late by 2 d");
    expect(say({ days: -2, hours: -4 })).toBe("late by 2 d 4 h");
});

test("a change to summer time takes no hour away", async () => {
    await makeMockEnv();
    const now = DateTime.fromISO("2026-03-28T12:00:00", { zone: "Europe/Rome" });
    expect(String(countdownText(now.plus({ hours: 24 }), now))).toBe("in 1 d");
});

test("in a list: time left, late in red, what is waited for, or nothing", async () => {
    mockTimeZone(1);
    mockDate("2026-03-02T09:00:00", 1); // in UTC
    await mountView({ type: "list", resModel: "ticket", arch: LIST });
    expect(queryAllTexts(CELLS)).toEqual([
        "in 3 h 12 min",
        "late by 25 min",
        "Waiting for Customer",
        "",
    ]);
    expect(`${CELLS} .text-danger`).toHaveCount(1);
    expect(`${CELLS} .text-danger`).toHaveText("late by 25 min");
    // The reader is at UTC+1.
    expect(queryFirst(`${CELLS} [title]`)).toHaveAttribute("title", /^Mon, .*1:12/);
});

test("it counts without a server, and turns red when the deadline is over", async () => {
    mockTimeZone(0);
    // Real time goes on meanwhile: no moment is near a full minute or the deadline.
    mockDate("2026-03-02T12:09:20", 0);
    Ticket._records = [{ id: 1, name: "soon", next_deadline: "2026-03-02 12:12:40" }];
    await mountView({ type: "list", resModel: "ticket", arch: LIST });
    onRpc(({ method }) => expect.step(method));
    expect(queryAllTexts(CELLS)).toEqual(["in 3 min"]);
    for (const text of ["in 2 min", "in 1 min", "in less than 1 min"]) {
        await advanceTime(60_000);
        await animationFrame();
        expect(queryAllTexts(CELLS)).toEqual([text]);
    }
    expect(`${CELLS} .text-danger`).toHaveCount(0);
    await advanceTime(60_000);
    await animationFrame();
    expect(queryAllTexts(CELLS)).toEqual(["late by less than 1 min"]);
    expect(`${CELLS} .text-danger`).toHaveCount(1);
    await advanceTime(60_000);
    await animationFrame();
    expect(queryAllTexts(CELLS)).toEqual(["late by 1 min"]);
    expect.verifySteps([]);
});

test("one timer serves all rows and ends with them", async () => {
    mockTimeZone(0);
    mockDate("2026-03-02T09:00:20", 0);
    Ticket._records = [...Array(20).keys()].map((n) => ({
        id: n + 1,
        name: `ticket ${n}`,
        next_deadline: "2026-03-02 12:00:30",
    }));
    const view = await mountView({ type: "list", resModel: "ticket", arch: LIST });
    expect(CELLS).toHaveCount(20);
    // Other services of the page look at the time as well: count ours alone.
    let ticks = 0;
    patchWithCleanup(DateTime, {
        now() {
            ticks += new Error().stack.includes("at tick ");
            return super.now();
        },
    });
    await advanceTime(60_000);
    await animationFrame();
    expect(queryAllTexts(CELLS)[19]).toBe("in 2 h 59 min");
    expect(ticks).toBe(1, { message: "one tick for all rows" });
    destroy(view);
    await advanceTime(120_000);
    expect(ticks).toBe(1);
});

test("the column sorts by the stored moment", async () => {
    mockTimeZone(0);
    mockDate("2026-03-02T09:00:00", 0);
    onRpc("web_search_read", ({ kwargs }) => expect.step(kwargs.order));
    await mountView({ type: "list", resModel: "ticket", arch: LIST });
    await contains(".o_column_sortable[data-name=next_deadline]").click();
    expect.verifySteps(["", "next_deadline ASC"]);
});

test("in a form: the moment stands beside it, and it is not edited", async () => {
    mockTimeZone(0);
    mockDate("2026-03-02T09:00:00", 0);
    await mountView({
        type: "form",
        resModel: "ticket",
        resId: 1,
        arch: /* xml */ `
            <form>
                <field name="next_deadline" widget="aftersales_countdown"
                    options="{'show_moment': True}"/>
            </form>`,
    });
    expect(".o_aftersales_countdown_left").toHaveText("in 3 h 12 min");
    expect(".o_aftersales_countdown_moment").toHaveText(/Mon, .*12:12/);
    expect(".o_field_widget[name=next_deadline] input").toHaveCount(0);
});

test("on a card: a reason that is stored as a plain text is named as well", async () => {
    class Clock extends models.Model {
        deadline = fields.Datetime();
        pause_reason = fields.Char();

        _records = [{ id: 1, deadline: false, pause_reason: "parts" }];
    }
    defineModels([Clock]);
    await mountView({
        type: "kanban",
        resModel: "clock",
        arch: /* xml */ `
            <kanban>
                <field name="pause_reason"/>
                <templates>
                    <t t-name="card">
                        <field name="deadline" widget="aftersales_countdown"/>
                    </t>
                </templates>
            </kanban>`,
    });
    expect(".o_kanban_record:not(.o_kanban_ghost)").toHaveText("Waiting for Parts");
});

test("if asked for, what is waited for stands beside a deadline that is over", async () => {
    mockTimeZone(0);
    mockDate("2026-03-02T09:00:00", 0);
    Ticket._records = [{ id: 1, next_deadline: "2026-03-02 07:59:30", pause_reason: "customer" }];
    await mountView({
        type: "form",
        resModel: "ticket",
        resId: 1,
        arch: /* xml */ `
            <form>
                <field name="pause_reason" invisible="1"/>
                <field name="next_deadline" widget="aftersales_countdown"
                    options="{'show_pause': True}"/>
            </form>`,
    });
    expect(".o_aftersales_countdown_left").toHaveText("late by 1 h");
    expect(".o_aftersales_countdown_pause").toHaveText("Waiting for Customer");
});
