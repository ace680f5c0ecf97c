/* License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl). */
import { registry } from "@web/core/registry";
import { FormRenderer } from "@web/views/form/form_renderer";
import { StatusBarButtons } from "@web/views/form/status_bar_buttons/status_bar_buttons";
import { formView } from "@web/views/form/form_view";

/** So many buttons stand beside each other; of more, the rest is behind More. */
export const SHOWN = 5;

/** The buttons of a ticket: those used most come first, so that they stay in one row. */
export class TicketStatusBarButtons extends StatusBarButtons {
    static template = "aftersales_service.TicketStatusBarButtons";

    get shown() {
        const names = this.visibleSlotNames;
        return names.length > SHOWN + 1 ? names.slice(0, SHOWN) : names;
    }

    get folded() {
        return this.visibleSlotNames.slice(this.shown.length);
    }
}

export class TicketFormRenderer extends FormRenderer {
    static components = {
        ...FormRenderer.components,
        StatusBarButtons: TicketStatusBarButtons,
    };
}

registry.category("views").add("aftersales_ticket_form", {
    ...formView,
    Renderer: TicketFormRenderer,
});
