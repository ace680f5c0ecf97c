/* License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl). */
import { expect, test } from "@odoo/hoot";
import { click, queryAllTexts } from "@odoo/hoot-dom";
import { animationFrame } from "@odoo/hoot-mock";
import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import {
    defineModels,
    fields,
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

const ROW = ".o_statusbar_buttons > button";

function open(count) {
    const buttons = Array.from(
        { length: count },
        (_, i) => `<button name="step_${i + 1}" type="object" string="Step ${i + 1}"/>`
    );
    return mountView({
        type: "form",
        resModel: "ticket",
        resId: 1,
        arch: /* xml */ `
            <form js_class="aftersales_ticket_form">
                <header>
                    <button name="hidden" type="object" string="Hidden" invisible="1"/>
                    ${buttons.join("")}
                </header>
                <sheet><field name="name"/></sheet>
            </form>`,
    });
}

test.tags("desktop");
test("six buttons stand beside each other", async () => {
    await open(6);
    expect(queryAllTexts(ROW)).toEqual(
        [1, 2, 3, 4, 5, 6].map((number) => `Step ${number}`)
    );
    expect(`${ROW}[title=More]`).toHaveCount(0);
});

test.tags("desktop");
test("of more buttons the rest is behind More, and works there", async () => {
    onRpc("ticket", "step_7", () => {
        expect.step("seventh step");
        return false;
    });
    await open(7);
    expect(`${ROW}[name]`).toHaveCount(5);
    expect(".o_statusbar_buttons button[name=step_7]").toHaveCount(0);
    await click(`${ROW}[title=More]`);
    await animationFrame();
    expect(queryAllTexts(".o-dropdown--menu button")).toEqual(["Step 6", "Step 7"]);
    await click(".o-dropdown--menu button[name=step_7]");
    await animationFrame();
    expect.verifySteps(["seventh step"]);
});
