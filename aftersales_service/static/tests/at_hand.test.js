/* License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl). */
import { expect, test } from "@odoo/hoot";
import { queryAllTexts } from "@odoo/hoot-dom";
import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import {
    contains,
    defineModels,
    fields,
    mockService,
    models,
    mountView,
    onRpc,
} from "@web/../tests/web_test_helpers";

class Ticket extends models.Model {
    name = fields.Char();
    _records = [{ id: 1, name: "Leaks" }];
}

defineMailModels();
defineModels([Ticket]);

function open(resId) {
    return mountView({
        type: "form",
        resModel: "ticket",
        resId,
        arch: /* xml */ `
            <form>
                <field name="name"/>
                <notebook>
                    <page name="first" string="First"><span>Text</span></page>
                    <page name="at_hand" string="At Hand">
                        <widget name="aftersales_at_hand"/>
                    </page>
                </notebook>
            </form>`,
    });
}

const FOUND = {
    documents: [
        { id: 3, name: "Manual <b>", product: "Press", version: "2.1" },
        { id: 4, name: "Drawing", product: "Press", version: false, is_internal: true },
    ],
    tickets: [
        {
            id: 7,
            reference: "T7",
            name: "Leaked",
            product: "Press",
            faults: "Hose",
            resolution: "New hose",
            same_fault: true,
            same_product: false,
        },
    ],
    has_product: true,
    may_send: true,
};

test("it asks when its page is opened, and sends in one click", async () => {
    onRpc("ticket", "at_hand", ({ args }) => {
        expect.step(`at hand ${args[0]}`);
        return FOUND;
    });
    onRpc("ticket", "web_save", ({ args }) => {
        expect.step(`save ${args[1].name}`);
    });
    onRpc("ticket", "action_send_document", ({ args }) => {
        expect.step(`document ${args[0]} ${args[1]}`);
        return { type: "composer" };
    });
    onRpc("ticket", "action_send_resolution", ({ args }) => {
        expect.step(`resolution ${args[0]} ${args[1]}`);
        return { type: "composer" };
    });
    mockService("action", {
        doAction(action) {
            expect.step(action.type);
        },
    });
    await open(1);
    expect.verifySteps([]);
    await contains(".o_notebook a:contains(At Hand)").click();
    expect.verifySteps(["at hand 1"]);
    const rows = queryAllTexts(".o_aftersales_at_hand_document");
    expect(rows[0]).toInclude("Manual <b>");
    expect(rows[0]).toInclude("Version 2.1");
    expect(rows[1]).toInclude("For Us Only");
    expect(".o_aftersales_at_hand_document:eq(0) button").toHaveCount(2);
    expect(".o_aftersales_at_hand_document:eq(1) button").toHaveCount(1);
    expect(".o_aftersales_at_hand_resolution").toHaveText("New hose");
    // What was typed is saved first.
    await contains("[name=name] input").edit("Leaks badly");
    await contains(".o_aftersales_at_hand_document:eq(0) button:contains(Send)").click();
    expect.verifySteps(["save Leaks badly", "document 1 3", "composer"]);
    await contains(".o_aftersales_at_hand_ticket button:contains(Send)").click();
    expect.verifySteps(["resolution 1 7", "composer"]);
});

test("a new ticket and one without anything say what to do", async () => {
    onRpc("ticket", "at_hand", () => ({ documents: [], tickets: [], may_send: false }));
    await open(false);
    await contains(".o_notebook a:contains(At Hand)").click();
    expect(".o_aftersales_at_hand").toHaveText(/Save the ticket/);
    await contains("[name=name] input").edit("Leaks");
    await contains(".o_form_button_save").click();
    expect(".o_aftersales_at_hand_documents").toHaveText(/Choose the equipment/);
    expect(".o_aftersales_at_hand_tickets").toHaveText(/No solved ticket/);
});
