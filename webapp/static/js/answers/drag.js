// Dragging cards to drop zones by mouse, pen or finger.
const FAR = 5; // pixels: less is a click

// `onDrop(card, zone, event)` is called with the element with [data-drop] under the pointer.
export function makeDraggable(board, { onPress, onDrop }) {
  let drag = null;

  function zoneAt(event) {
    const zone = document.elementFromPoint(event.clientX, event.clientY)?.closest("[data-drop]");
    return board.contains(zone) ? zone : null;
  }

  function point(zone) {
    if (drag.zone === zone) return;
    drag.zone?.classList.remove("target");
    zone?.classList.add("target");
    drag.zone = zone;
  }

  function end() {
    point(null);
    drag.card.style.translate = "";
    drag.card.classList.remove("lifted");
    board.classList.remove("dragging");
    drag = null;
  }

  board.addEventListener("pointerdown", (event) => {
    const card = event.target.closest(".rank-card");
    if (!card || event.button !== 0 || drag) return;
    event.preventDefault(); // the page keeps its focus, and text is not selected
    card.setPointerCapture(event.pointerId);
    drag = { card, id: event.pointerId, x: event.clientX, y: event.clientY, zone: null };
    onPress(card);
  });

  board.addEventListener("pointermove", (event) => {
    if (drag?.id !== event.pointerId) return;
    const [x, y] = [event.clientX - drag.x, event.clientY - drag.y];
    if (!board.classList.contains("dragging") && Math.hypot(x, y) < FAR) return;
    board.classList.add("dragging");
    drag.card.classList.add("lifted");
    drag.card.style.translate = `${x}px ${y}px`;
    point(zoneAt(event));
  });

  board.addEventListener("pointerup", (event) => {
    if (drag?.id !== event.pointerId) return;
    const { card, zone } = drag;
    end();
    if (zone) onDrop(card, zone, event);
  });

  board.addEventListener("pointercancel", (event) => {
    if (drag?.id === event.pointerId) end();
  });
}
