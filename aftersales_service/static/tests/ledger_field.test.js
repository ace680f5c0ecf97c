/* License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl). */
import { expect, test } from "@odoo/hoot";
import { queryAllTexts } from "@odoo/hoot-dom";
import { mockTimeZone } from "@odoo/hoot-mock";
import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { defineModels, fields, models, mountView } from "@web/../tests/web_test_helpers";

class Author extends models.Model {
    name = fields.Char();
    _records = [{ id: 1, name: "Ines" }];
}

class Event extends models.Model {
    at = fields.Datetime();
    kind = fields.Selection({
        selection: [
            ["start", "Start"],
            ["pause", "Pause"],
            ["correction", "Correction"],
            ["reopen", "Reopen"],
        ],
    });
    pause_reason = fields.Selection({ selection: [["parts", "Waiting for Parts"]] });
    outcome = fields.Selection({ selection: [["missed", "Missed"]] });
    minutes = fields.Float();
    reason = fields.Char();
    user_id = fields.Many2one({ relation: "author" });
    agreed_deadline = fields.Datetime();
    target_minutes = fields.Float();

    _records = [
        { id: 1, at: "2026-03-02 09:00:00", kind: "start", user_id: 1 },
        {
            id: 2,
            at: "2026-03-02 10:00:00",
            kind: "pause",
            pause_reason: "parts",
            reason: "Pump <b>ordered</b>",
            user_id: 1,
        },
        { id: 3, at: "2026-03-02 11:00:00", kind: "correction", minutes: -30, user_id: 1 },
        { id: 4, at: "2026-03-02 12:00:00", kind: "reopen", outcome: "missed", user_id: 1 },
    ];
}

class Clock extends models.Model {
    event_ids = fields.One2many({ relation: "event" });
    _records = [{ id: 1, event_ids: [1, 2, 3, 4] }];
}

defineMailModels();
defineModels([Author, Event, Clock]);

test("the ledger is a timeline with moments of the reader, reasons and authors", async () => {
    mockTimeZone(1);
    await mountView({
        type: "form",
        resModel: "clock",
        resId: 1,
        arch: /* xml */ `
            <form>
                <field name="event_ids" widget="aftersales_ledger" mode="list" readonly="1">
                    <list limit="1000">
                        <field name="at"/>
                        <field name="kind"/>
                        <field name="pause_reason"/>
                        <field name="outcome"/>
                        <field name="minutes"/>
                        <field name="reason"/>
                        <field name="user_id"/>
                    </list>
                </field>
            </form>`,
    });
    const rows = queryAllTexts(".o_aftersales_ledger_row");
    expect(rows).toHaveLength(4);
    expect(rows[0]).toMatch(/^Start\nMon, .*10:00.*\nInes$/);
    // A reason is text, whatever is written in it.
    expect(rows[1]).toMatch(/^Pause\n.*11:00.*\nWaiting for Parts\nPump <b>ordered<\/b>\nInes$/);
    expect(rows[2]).toMatch(/30 minutes given back/);
    expect(rows[3]).toMatch(/It had been Missed/);
});
