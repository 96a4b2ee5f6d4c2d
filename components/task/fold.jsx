// Long things begin folded: so much is shown, and how much more there is.
import { useEffect, useRef, useState } from "react";

export function Fold({ children, height = 640 }) {
  const inner = useRef(null);
  const [tall, setTall] = useState(0);
  const [open, setOpen] = useState(false);
  useEffect(() => {
    const observer = new ResizeObserver(() => setTall(inner.current?.scrollHeight ?? 0));
    observer.observe(inner.current);
    return () => observer.disconnect();
  }, []);
  const long = tall > height * 1.25;
  const screens = Math.round(tall / window.innerHeight);
  return (
    <div className="wb-fold-long" data-open={open || !long}>
      <div className="wb-fold-inner" style={long && !open ? { maxHeight: height } : undefined}>
        <div ref={inner}>{children}</div>
      </div>
      {long ? (
        <button type="button" className="wb-more" aria-expanded={open} onClick={() => setOpen(!open)}>
          {open ? "Show less" : screens > 1 ? `Show all (about ${screens} screens)` : "Show all"}
        </button>
      ) : null}
    </div>
  );
}
