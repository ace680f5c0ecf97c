/* License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl). */
import { animationFrame, drag, queryOne, queryRect } from "@odoo/hoot-dom";
import { registry } from "@web/core/registry";

const visitOn = (day) => `.fc-timegrid-col.fc-day-${day} .o_event`;

/**
 * Take a visit at its upper edge and drop it on a day at an hour.
 *
 * @param {HTMLElement} visit
 * @param {string} day three letters
 * @param {string} time as "09:00:00"
 */
async function dragVisit(visit, day, time) {
    const row = queryOne(`.fc-timegrid-slot-lane[data-time="${time}"]`);
    row.scrollIntoView({ block: "center" });
    await animationFrame();
    const { drop, moveTo } = await drag(visit, { position: { y: 2 }, relative: true });
    await animationFrame();
    const column = queryRect(queryOne(`.fc-timegrid-col.fc-day-${day}[data-date]`));
    const position = { x: column.x + column.width / 2, y: queryRect(row).y + 2 };
    await moveTo(row, { position });
    await animationFrame();
    await drop();
    await animationFrame();
}

registry.category("web_tour.tours").add("aftersales_planning_drag", {
    steps: () => [
        { trigger: ".o_calendar_button_next", run: "click" },
        { trigger: visitOn("wed") },
        {
            content: "The visit of Tuesday is dragged to Thursday",
            trigger: visitOn("tue"),
            async run() {
                await dragVisit(this.anchor, "thu", "10:00:00");
            },
        },
        { trigger: `.o_calendar_renderer:not(:has(${visitOn("tue")})) ${visitOn("thu")}` },
        {
            content: "Then onto the other one of the same technician",
            trigger: visitOn("thu"),
            async run() {
                await dragVisit(this.anchor, "wed", "09:00:00");
            },
        },
        {
            content: "It is said who is busy then",
            trigger: ".modal:contains(Tara Technician)",
        },
        { trigger: ".modal .modal-footer .btn-primary", run: "click" },
        {
            content: "The visit is back where it was",
            trigger: `.o_calendar_renderer:not(:has(.fc-timegrid-col.fc-day-wed .fc-timegrid-event-harness + .fc-timegrid-event-harness)) ${visitOn("thu")}`,
        },
    ],
});
