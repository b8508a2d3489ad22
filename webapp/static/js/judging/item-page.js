// An item's own page: the reading aids of the judging screen.
import { prepare } from "./reading.js";

prepare(document.getElementById("main"));
