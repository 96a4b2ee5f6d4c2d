/* Reports the selected ids when they have settled: once, and not while a box is drawn or a cell is dragged. */
import { useMemo } from "react";
import { useReactFlow } from "@xyflow/react";

export function useSelection(emit, setNodes) {
  const flow = useReactFlow();
  return useMemo(() => {
    let ids = [];
    let told = [];
    let held = false;
    let timer = 0;
    const tell = () => {
      if (held || ids.join() === told.join()) return;
      told = ids;
      emit("onSelect", ids);
    };
    return {
      change: ({ nodes }) => {
        ids = nodes.map((node) => node.id);
        clearTimeout(timer);
        timer = setTimeout(tell, 30);
      },
      hold: () => (held = true),
      release: () => {
        held = false;
        tell();
      },
      /* React Flow deselects the others when a cell is dragged; a move is not a change of selection. */
      restore: () => {
        held = false;
        const chosen = new Set(told);
        setNodes((nodes) => nodes.map((node) => ({ ...node, selected: chosen.has(node.id) })));
      },
      /* A press on one of several selected cells means that one; React Flow alone would do nothing. */
      only: (event, pressed) => {
        if (event.shiftKey || event.ctrlKey || event.metaKey) return;
        setNodes((nodes) =>
          nodes.map((node) => (node.selected && node.id !== pressed.id ? { ...node, selected: false } : node)),
        );
      },
      /* Another graph is shown: that nothing of it is selected is no wish of the person. */
      reset: () => {
        clearTimeout(timer);
        ids = told = [];
      },
      without: (gone) => (told = told.filter((id) => !gone.includes(id))),
      /* Returns whether there was anything to deselect. */
      clear: () => {
        const chosen = flow.getNodes().some((node) => node.selected) || flow.getEdges().some((edge) => edge.selected);
        flow.setNodes((nodes) => nodes.map((node) => (node.selected ? { ...node, selected: false } : node)));
        flow.setEdges((edges) => edges.map((edge) => (edge.selected ? { ...edge, selected: false } : edge)));
        return chosen;
      },
    };
  }, []);
}
