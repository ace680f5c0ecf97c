/* License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl). */
import { beforeEach, expect, test } from "@odoo/hoot";
import { queryAllTexts, queryAll } from "@odoo/hoot-dom";
import { mockDate } from "@odoo/hoot-mock";
import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { defineModels, fields, models, mountView } from "@web/../tests/web_test_helpers";

class Visit extends models.Model {
    name = fields.Char();
    start = fields.Datetime();
    stop = fields.Datetime();
    state = fields.Char();
    planning_state = fields.Char();
    _records = ["draft", "planned", "on_site", "done"].map((state, index) => ({
        id: index + 1,
        name: state,
        start: `2026-03-0${index + 2} 09:00:00`,
        stop: `2026-03-0${index + 2} 11:00:00`,
        state,
        planning_state: { draft: "block", planned: "warn" }[state] || false,
    }));
    has_access() {
        return true;
    }
}

defineMailModels();
defineModels([Visit]);
beforeEach(() => mockDate("2026-03-03 08:00:00"));

test("only what is neither under way nor over can be dragged", async () => {
    await mountView({
        type: "calendar",
        resModel: "visit",
        arch: /* xml */ `
            <calendar js_class="aftersales_visit_calendar" mode="week"
                date_start="start" date_stop="stop" create_name_field="name">
                <field name="state"/>
                <field name="planning_state" invisible="1"/>
            </calendar>`,
    });
    const draggable = queryAll(".fc-event").map((el) =>
        el.classList.contains("fc-event-draggable")
    );
    expect(queryAllTexts(".fc-event .o_event_title")).toEqual([
        "⛔ draft",
        "⚠ planned",
        "on_site",
        "done",
    ]);
    expect(draggable).toEqual([true, true, false, false]);
});
