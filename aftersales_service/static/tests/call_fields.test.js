/* License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl). */
import { beforeEach, expect, test } from "@odoo/hoot";
import { click, edit, press, queryAllTexts, queryFirst } from "@odoo/hoot-dom";
import { advanceTime, animationFrame } from "@odoo/hoot-mock";
import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import {
    defineModels,
    fields,
    MockServer,
    mockService,
    models,
    mountView,
    onRpc,
} from "@web/../tests/web_test_helpers";

class Machine extends models.Model {
    name = fields.Char();
    _records = [{ id: 3, name: "Press 400" }];
}

class Call extends models.Model {
    caller = fields.Char();
    name = fields.Char();
    description = fields.Text();
    product_name = fields.Char();
    serial_number = fields.Char();
    caller_name = fields.Char();
    phone = fields.Char();
    partner_id = fields.Many2one({ relation: "res.partner" });
    ticket_id = fields.Many2one({ relation: "machine" });
    equipment_id = fields.Many2one({ relation: "machine" });
    overview = fields.Json();
    attachment_ids = fields.Many2many({ relation: "ir.attachment" });
    _records = [
        {
            id: 1,
            overview: {
                machines: [
                    {
                        id: 3,
                        display_name: "Press 400",
                        name: "Press <b>400</b>",
                        serial: "QX400-12",
                        site: "Munich",
                        coverage: "Warranty until 5/1/2027",
                        warranty_state: "running",
                        is_chosen: false,
                    },
                ],
                tickets: [
                    {
                        id: 3,
                        display_name: "[ST/1] Hose leaks",
                        is_open: true,
                        stage: "New",
                        reported: "5/1/2026",
                        is_same: true,
                    },
                    {
                        id: 4,
                        display_name: "[ST/2] Ended",
                        is_open: false,
                        stage: "Closed",
                        reported: "4/1/2026",
                        is_same: false,
                    },
                ],
            },
            partner_id: false,
        },
    ];
}

defineMailModels();
defineModels([Call, Machine]);

beforeEach(() => onRpc("res.partner", "has_access", () => false));

const ARCH = /* xml */ `
    <form>
        <field name="caller" widget="aftersales_caller"/>
        <field name="name"/>
        <field name="description"/>
        <field name="partner_id"/>
        <field name="ticket_id"/>
        <field name="equipment_id"/>
        <field name="product_name"/>
        <field name="serial_number"/>
        <field name="caller_name"/>
        <field name="phone"/>
        <field name="overview" widget="aftersales_caller_overview" readonly="1"/>
        <field name="attachment_ids" widget="aftersales_scans"/>
    </form>`;

test("nobody is asked for before something is typed", async () => {
    onRpc("call", "search_caller", () => expect.step("search"));
    await mountView({ type: "form", resModel: "call", arch: ARCH });
    expect(".o_aftersales_caller input").toBeFocused();
    expect(".o_aftersales_caller_overview").toHaveText(/appear here/);
    await press("Tab");
    await animationFrame();
    expect.verifySteps([]);
});

test("one look for a number typed at once; without a hit it goes to triage", async () => {
    onRpc("call", "search_caller", ({ args }) => {
        expect.step(`search ${args[0]}`);
        return [];
    });
    await mountView({ type: "form", resModel: "call", arch: ARCH });
    await edit("030 123");
    await advanceTime(300);
    await animationFrame();
    expect(queryAllTexts(".o-autocomplete--dropdown-item")).toEqual([
        "Go on without a customer\nThe ticket goes to triage",
    ]);
    await press("Enter");
    await animationFrame();
    await animationFrame();
    expect(".o_field_widget[name=name] input").toBeFocused();
    expect(".o_aftersales_caller_unknown").toHaveCount(1);
    expect(".o_aftersales_caller_unknown button").toHaveCount(0);
    expect.verifySteps(["search 030 123"]);
});

test("machines and open tickets are taken, those that have ended only shown", async () => {
    const partner = { id: 17, name: "Mill" };
    Call._records[0].partner_id = partner.id;
    onRpc("call", "web_read", ({ parent }) => {
        const [values] = parent();
        return [{ ...values, partner_id: { id: partner.id, display_name: partner.name } }];
    });
    await mountView({ type: "form", resModel: "call", resId: 1, arch: ARCH });
    expect(".o_aftersales_machine").toHaveText(/Press <b>400<\/b>/);
    expect(".o_aftersales_machine .badge").toHaveClass("text-bg-success");
    expect(".o_aftersales_open_ticket").toHaveCount(1);
    expect(".o_aftersales_open_ticket").toHaveAttribute("data-hotkey", "2");
    await click(".o_aftersales_machine");
    await animationFrame();
    await animationFrame();
    expect(".o_field_widget[name=equipment_id] input").toHaveValue("Press 400");
    expect(".o_field_widget[name=name] input").toBeFocused();
    await click(".o_aftersales_open_ticket");
    await animationFrame();
    await animationFrame();
    expect(".o_field_widget[name=ticket_id] input").toHaveValue("[ST/1] Hose leaks");
    expect(".o_aftersales_open_ticket").toHaveClass("active");
    await click(".o_aftersales_open_ticket");
    await animationFrame();
    await animationFrame();
    expect(".o_field_widget[name=ticket_id] input").toHaveValue("");
});

test("a file that is dropped on the form is uploaded", async () => {
    mockService("http", {
        post: (route, params) => {
            expect.step(`${route} ${params.model} ${params.ufile.map((file) => file.name)}`);
            const values = { name: "fax.pdf", mimetype: "application/pdf" };
            const id = MockServer.env["ir.attachment"].create(values);
            return JSON.stringify([{ id, ...values }]);
        },
    });
    await mountView({ type: "form", resModel: "call", arch: ARCH });
    const files = new DataTransfer();
    files.items.add(new File(["fax"], "fax.pdf", { type: "application/pdf" }));
    const send = (type, el) =>
        el.dispatchEvent(new DragEvent(type, { bubbles: true, dataTransfer: files }));
    send("dragenter", queryFirst(".o_form_view"));
    await animationFrame();
    send("drop", queryFirst(".o-Dropzone"));
    await animationFrame();
    await animationFrame();
    expect(".o_aftersales_scans .o_attachment").toHaveText(/fax.pdf/);
    expect.verifySteps(["/web/binary/upload_attachment call fax.pdf"]);
});
