/* License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl). */
import { readMoment } from "../sync/visit_sync";
import { VisitCard } from "./visit_card";

import { Component } from "@odoo/owl";

const { DateTime } = luxon;

/** Where, when, for whom; one touch to the map and to the telephone. */
export class SiteCard extends Component {
    static template = "aftersales_service.SiteCard";
    static components = { VisitCard };
    static props = { visit: Object, isOpen: { type: Boolean, optional: true } };

    get when() {
        const { scheduled_start, scheduled_end, tz } = this.props.visit;
        const start = readMoment(scheduled_start)?.setZone(tz);
        const end = readMoment(scheduled_end)?.setZone(tz);
        if (!start) {
            return "";
        }
        const day = start.toLocaleString(DateTime.DATETIME_MED_WITH_WEEKDAY);
        return end ? `${day} – ${end.toLocaleString(DateTime.TIME_SIMPLE)}` : day;
    }

    get mapUrl() {
        const { address, coordinates } = this.props.visit;
        const query = encodeURIComponent(coordinates || address || "");
        return query && `https://www.google.com/maps/search/?api=1&query=${query}`;
    }

    get phoneUrl() {
        return `tel:${(this.props.visit.phone || "").replace(/[^+0-9]/g, "")}`;
    }
}
