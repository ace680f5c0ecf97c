/* License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl). */
import { press } from "@odoo/hoot-dom";
import { registry } from "@web/core/registry";

/** Keys beyond the text, of which a call may take fewer than ten. */
const LIMIT = 10;

/**
 * Steps that use the keyboard only, and count its keys: one for each key or combination
 * that is pressed, none for what is text.
 */
function typist() {
    let keys = 0;
    return {
        /** Press a key, or several together. */
        key(content, trigger, ...combination) {
            return {
                content,
                trigger,
                run: async () => {
                    keys++;
                    await press(combination);
                },
            };
        },
        /** Type a text where the cursor is: it must have come there by itself. */
        text(content, focused, text) {
            return { content, trigger: `${focused}:focus`, run: `edit ${text}` };
        },
        count(trigger) {
            return {
                content: `Fewer than ${LIMIT} keys beyond the text`,
                trigger,
                run: () => {
                    if (!keys || keys >= LIMIT) {
                        throw new Error(`${keys} keys`);
                    }
                    console.log(`keys beyond the text: ${keys}`);
                },
            };
        },
    };
}

const FORM = ".modal .o_aftersales_call";
const CALLER = `${FORM} .o_aftersales_caller input`;
const SUBJECT = `${FORM} .o_field_widget[name=name] input`;
const DESCRIPTION = `${FORM} .o_field_widget[name=description] textarea`;
const ANSWER = ".o-autocomplete--dropdown-item";

registry.category("web_tour.tours").add("aftersales_call", {
    steps: () => {
        const hand = typist();
        return [
            hand.key("From wherever one is", ".o_web_client", "alt", "shift", "c"),
            hand.text("The number on the display", CALLER, "030 4711457"),
            hand.key("He is proposed", `${ANSWER}:contains(Mia Quadmill)`, "Enter"),
            hand.key(
                "His machines are beside it: the one with the warranty",
                `${FORM} .o_aftersales_machine:contains(QX400-12)[data-hotkey="2"]`,
                "alt",
                "2"
            ),
            {
                trigger: `${FORM} .o_aftersales_machine.active:contains(QX400-12)`,
            },
            hand.text("The cursor is in the subject", SUBJECT, "Does not press"),
            hand.key("On to the description", SUBJECT, "Tab"),
            hand.text("In his words", DESCRIPTION, "It hums, then nothing"),
            hand.key("Saved, and ready for the next one", DESCRIPTION, "alt", "n"),
            {
                trigger: ".o_notification:contains(Does not press)",
            },
            {
                trigger: `${FORM} .o_aftersales_caller_overview:contains(appear here)`,
            },
            hand.count(CALLER),
        ];
    },
});

registry.category("web_tour.tours").add("aftersales_call_again", {
    steps: () => {
        const hand = typist();
        return [
            hand.key("From wherever one is", ".o_web_client", "alt", "shift", "c"),
            hand.text("His name", CALLER, "mia quadmill"),
            hand.key("He is proposed", `${ANSWER}:contains(Mia Quadmill)`, "Enter"),
            hand.key(
                "He has reported it already",
                `${FORM} .o_aftersales_open_ticket:contains(Hose leaks)[data-hotkey="3"]`,
                "alt",
                "3"
            ),
            {
                trigger: `${FORM} .alert:contains(Hose leaks)`,
            },
            hand.text("What he asks", SUBJECT, "Asks when we come"),
            hand.key("Logged on it", `${SUBJECT}:focus`, "alt", "q"),
            {
                trigger: ".o_form_view .o-mail-Message:contains(Asks when we come)",
            },
            hand.count(".o_form_view"),
        ];
    },
});

registry.category("web_tour.tours").add("aftersales_call_unknown", {
    steps: () => {
        const hand = typist();
        return [
            hand.key("From wherever one is", ".o_web_client", "alt", "shift", "c"),
            hand.text("A number that nobody knows", CALLER, "+49 40 9998887"),
            hand.key("No customer", `${ANSWER}:contains(Go on without)`, "Enter"),
            hand.key(
                "It would go to triage; but he is a new customer",
                `${FORM} .o_aftersales_caller_unknown button`,
                "alt",
                "j"
            ),
            {
                content: "With the number that was typed",
                trigger:
                    ".modal .o_field_widget[name=phone] input:value(+49 40 9998887)",
            },
            {
                trigger:
                    ".modal:has(.o_field_widget[name=vat]) .o_field_widget[name=name] :is(input, textarea)",
                run: "edit Nina New",
            },
            {
                trigger: ".modal:has(.o_field_widget[name=vat]) .o_form_button_save",
                run: "click",
            },
            {
                content: "She is the caller, the cursor is in the subject",
                trigger: `body:not(:has(.o_field_widget[name=vat])) ${FORM} .o_field_widget[name=partner_id] input:value(Nina New)`,
            },
            hand.text("What it is about", SUBJECT, "Wants a price"),
            hand.key("Saved", `${SUBJECT}:focus`, "alt", "q"),
            {
                trigger:
                    "body:not(:has(.modal)) .o_form_view .o_field_widget[name=partner_id] input:value(Nina New)",
            },
            hand.count(".o_form_view"),
        ];
    },
});
