/* The fixed measures of a cell, in canvas pixels. Ports stand at fixed heights, so that the wires of a cell
 * that is off screen, and therefore never drawn, still end where they should. */
export const WIDTH = 260;
export const HEIGHT = 76;
export const RESERVED = 176; // what a cell grows to when a run has filled it
export const GAP = 80;
export const HANDLE = 12;

/* A container's frame: its head, the paper around its body (at the right with room for the names of ports),
 * and the least that it is. */
export const FRAME = { head: 68, left: 24, right: 64, foot: 44, width: 400, height: 208 };
const PORT_TOP = 20;
const PORT_STEP = 24;

export const portY = (index) => PORT_TOP + index * PORT_STEP;

/* The least height that holds `count` ports on one side. */
export const portsHeight = (count) => (count > 1 ? portY(count - 1) + PORT_TOP : 0);
