/* License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl). */
import { hand, task } from "./effort";

const FORM = ".o_form_view:not(:has(.modal))";
const badge = (name, label) => `${FORM} .o_field_widget[name=${name}]:contains(${label})`;
const receipt = (name) => `${FORM} .oe_title:contains(TOUR-${name})`;
const isDone = (label) =>
    `${FORM} .o_statusbar_status:has(.o_arrow_button_current:contains(${label}))`;

// Finance: an envelope lies on the desk, the page of the scanner is open. The scanner
// types the eight characters of its code, and Enter.
task("Settle an envelope", "aftersales_receipt_money", { clicks: 9, keys: 1, text: 8 }, () => [
    hand.type("The code of the envelope", ".o_aftersales_scan_input", "TOUR-ENV"),
    hand.press("The scanner ends", ".o_aftersales_scan_input:value(TOUR-ENV)", "Enter"),
    hand.click("All are there", ".o_aftersales_scan_receive:contains(Receive All (3))"),
    hand.reach("Received", ".o_aftersales_scan_message:contains(3 received)", {
        clicks: 1,
        keys: 1,
        text: 8,
    }),
    hand.click("Go on", ".o_aftersales_scan_finish.btn-primary:contains(Reconcile or File (3))"),
    hand.see(
        "The one that needs no money is there as well",
        ".o_list_view:has(.o_facet_value:contains(TOUR-ENV)) .o_data_row:contains(TOUR-WARRANTY)"
    ),
    hand.click("The one with the transfer", ".o_data_cell:contains(TOUR-TRANSFER)"),
    hand.see("What pays it, and why", `${FORM} .alert:contains(SEPA 77):contains(it names it)`),
    hand.click("Match", `${FORM} button[name=action_match].btn-primary`),
    hand.see("Nothing is open", badge("money_state", "/^Matched$/")),
    hand.reach("Matched", isDone("Reconciled"), { clicks: 4 }),
    hand.click("The next one", `.o_pager_next`),
    hand.see("The one with the cash", receipt("CASH")),
    hand.see("It says that nobody has booked it", `${FORM} .alert:contains(paid on site)`),
    hand.click("Book it", `${FORM} button[name=action_register_payment].btn-primary`),
    hand.see(
        "All is filled in as it was stated",
        ".modal:has([name=stated]:contains(100.00):contains(Cash)):has([name=amount] input:value(100.00)):has([name=journal_id] input:value(Till)):has([name=memo] input:value(TOUR-CASH))"
    ),
    hand.click("Register", ".modal button[name=action_register]"),
    hand.see("Nothing is open", badge("money_state", "/^Matched$/")),
    hand.reach("Booked", isDone("Reconciled"), { clicks: 7 }),
    hand.click("The next one", `.o_pager_next`),
    hand.see("The one under warranty", receipt("WARRANTY")),
    hand.see("Nothing is owed", badge("money_state", "Nothing Owed")),
    hand.click("File it", `${FORM} button[name=action_file].btn-primary`),
    hand.reach("Filed", isDone("Filed"), { clicks: 9 }),
]);
