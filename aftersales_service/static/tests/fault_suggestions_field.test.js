/* License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl). */
import { expect, test } from "@odoo/hoot";
import { click, queryAllTexts } from "@odoo/hoot-dom";
import { animationFrame } from "@odoo/hoot-mock";
import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import {
    contains,
    defineModels,
    fields,
    models,
    mountView,
    onRpc,
} from "@web/../tests/web_test_helpers";

class Ticket extends models.Model {
    name = fields.Char();
    suggestions = fields.Json();
    _records = [
        {
            id: 1,
            name: "Leaks",
            suggestions: [
                { id: 7, name: "Hose <b>3/8</b>", count: 12 },
                { id: 9, name: "Valve", count: 1 },
            ],
        },
        { id: 2, name: "Nothing like it", suggestions: [] },
    ];
}

defineMailModels();
defineModels([Ticket]);

function open(resId, attributes = "") {
    return mountView({
        type: "form",
        resModel: "ticket",
        resId,
        arch: /* xml */ `
            <form ${attributes}>
                <field name="name"/>
                <field name="suggestions" widget="aftersales_fault_suggestions" readonly="1"/>
            </form>`,
    });
}

test("suggested faults say what speaks for them, one click uses one", async () => {
    onRpc("ticket", "web_save", ({ args }) => {
        expect.step(`save ${args[1].name}`);
    });
    onRpc("ticket", "action_use_fault", ({ args }) => {
        expect.step(`use ${args[0][0]} ${args[1]}`);
        return false;
    });
    await open(1);
    expect(queryAllTexts(".o_aftersales_fault_suggestion")).toEqual([
        "Hose <b>3/8</b>\n12 earlier findings\nUse",
        "Valve\n1 earlier finding\nUse",
    ]);
    // What was typed is saved first.
    await contains("[name=name] input").edit("Leaks badly");
    await click(".o_aftersales_fault_suggestion:eq(1) button");
    await animationFrame();
    await animationFrame();
    expect.verifySteps(["save Leaks badly", "use 1 9"]);
});

test("nothing is shown where nothing is similar", async () => {
    await open(2);
    expect(".o_aftersales_fault_suggestions").toHaveCount(0);
});

test("there is no button where nothing can be edited", async () => {
    await open(1, 'edit="0"');
    expect(".o_aftersales_fault_suggestion").toHaveCount(2);
    expect(".o_aftersales_fault_suggestion button").toHaveCount(0);
});
