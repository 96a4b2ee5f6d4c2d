// The list of the inbox: keyboard first. It draws and reports; what may be decided, and by whom, is Python's.
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useNavigate } from "react-router";
import { ArrowUp, Inbox as Empty } from "lucide-react";
import { Deciding } from "./deciding.jsx";
import { useInboxKeys } from "./keys.js";
import { useOrder } from "./order.js";
import { Row } from "./row.jsx";

const TOUCHED_MS = 4000;
const PLAIN = ["approve", "accept", "reject", "ignore", "skip", "abort"]; // decided without data or text

export function InboxList(props) {
  const { rows, left, address, more, mayDecide, words, kinds, answered, done, total, onMore, onDecide, onMark } = props;
  const navigate = useNavigate();
  const where = JSON.stringify(address);
  const [at, setAt] = useState(null);
  const [chosen, setChosen] = useState(() => new Set());
  const [picking, setPicking] = useState(false);
  const [asking, setAsking] = useState(null);
  const [going, setGoing] = useState(() => new Set());
  const [over, setOver] = useState(false);
  const anchor = useRef(null);
  const links = useRef(new Map());
  const foot = useRef(null);
  const pointed = at !== null && rows.some((row) => row.id === at); // a cursor on what is not here holds nothing
  const engaged = over || pointed || chosen.size > 0 || asking !== null;
  const { shown, fresh, showFresh } = useOrder({ rows, left, address: where, engaged, dropped: going });
  const touched = useRef(null);

  useEffect(() => {
    setChosen(new Set());
  }, [where]);

  // What was refused comes back to where it stood; what was decided stays gone.
  useEffect(() => {
    const refused = Object.keys(answered).filter((id) => answered[id]);
    if (refused.length) setGoing((before) => new Set([...before].filter((id) => !refused.includes(id))));
  }, [answered]);

  // What was undone is here again.
  useEffect(() => {
    const here = new Set(rows.map((row) => row.id));
    const settled = [...going].filter((id) => id in answered && here.has(id));
    if (settled.length) setGoing((before) => new Set([...before].filter((id) => !settled.includes(id))));
  }, [rows]);

  useEffect(() => {
    if (!more || !foot.current) return undefined;
    const watch = new IntersectionObserver((seen) => seen.some((one) => one.isIntersecting) && onMore(), { rootMargin: "600px" });
    watch.observe(foot.current);
    return () => watch.disconnect();
  }, [more, rows.length]);

  const byId = useMemo(() => new Map(shown.map((row) => [row.id, row])), [shown]);
  const register = useCallback((id, element) => (element ? links.current.set(id, element) : links.current.delete(id)), []);
  const point = useCallback((id) => setAt(id), []);
  const goTo = (id) => {
    setAt(id);
    const link = links.current.get(id);
    link?.focus({ preventScroll: true });
    link?.closest("li").scrollIntoView({ block: "nearest" });
  };
  const step = (by) => {
    if (!shown.length) return;
    const here = shown.findIndex((row) => row.id === at);
    goTo(shown[here < 0 ? 0 : Math.min(shown.length - 1, Math.max(0, here + by))].id);
  };
  const select = useCallback(
    (id, range) =>
      setChosen((before) => {
        const next = new Set(before);
        const ids = shown.filter((row) => row.open && !row.ghost).map((row) => row.id);
        const [from, to] = [ids.indexOf(anchor.current), ids.indexOf(id)];
        if (range && from >= 0 && to >= 0) ids.slice(Math.min(from, to), Math.max(from, to) + 1).forEach((one) => next.add(one));
        else if (!next.delete(id)) next.add(id);
        anchor.current = id;
        return next;
      }),
    [shown],
  );
  const picked = shown.filter((row) => chosen.has(row.id) && !row.ghost);
  const send = (action, reason, tasks) => {
    const here = shown.findIndex((row) => row.id === tasks[0].id);
    const next = shown.slice(here + 1).find((row) => !row.ghost && !tasks.includes(row)) ?? shown.slice(0, Math.max(0, here)).findLast((row) => !row.ghost);
    if (tasks.length === 1) setGoing((before) => new Set([...before, tasks[0].id]));
    onDecide(action, reason, tasks.map(({ id, revision }) => ({ id, revision })));
    if (tasks.length === 1 && at !== null) next ? setTimeout(() => goTo(next.id)) : setAt(null);
  };
  const decide = (wanted) => {
    const tasks = picked.length ? picked : byId.has(at) && byId.get(at).open && !byId.get(at).ghost ? [byId.get(at)] : [];
    if (!tasks.length || !mayDecide) return;
    const action = wanted.find((one) => tasks.every((row) => row.choices.includes(one)));
    if (tasks.length > 1) return setAsking({ action, tasks });
    if (!action) return navigate(tasks[0].href);
    if (action === "approve" || action === "accept") return send(action, "", tasks);
    setAsking({ action, tasks });
  };
  const open = (focus) => byId.has(at) && navigate(byId.get(at).href + (focus ? `?focus=${focus}` : ""));
  const clear = () => {
    if (asking) return setAsking(null);
    if (chosen.size) return setChosen(new Set());
    if (picking) return setPicking(false);
    setAt(null);
    document.activeElement?.blur?.();
  };

  useInboxKeys({
    step,
    open,
    approve: () => decide(["approve", "accept"]),
    reject: () => decide(["reject", "ignore"]),
    select: (range) => at && select(at, range),
    mark: () => {
      const tasks = picked.length ? picked : byId.has(at) ? [byId.get(at)] : [];
      if (tasks.length) onMark(tasks.map((row) => row.id), tasks.some((row) => row.unread));
    },
    clear,
    fresh: showFresh,
    blocked: asking !== null,
  });

  // A finger has no pointer that leaves: it lets go some seconds after it was last seen.
  const touch = () => {
    setOver(true);
    clearTimeout(touched.current);
    touched.current = setTimeout(() => setOver(false), TOUCHED_MS);
  };

  return (
    <div
      className="wb-tasks"
      data-testid="inbox-list"
      onPointerEnter={(event) => event.pointerType === "mouse" && setOver(true)}
      onPointerLeave={(event) => event.pointerType === "mouse" && setOver(false)}
      onTouchStart={touch}
      onTouchMove={touch}
    >
      {fresh ? (
        <button type="button" className="wb-fresh" data-testid="fresh" onClick={showFresh} title="Show what is new (.)">
          <ArrowUp size={14} strokeWidth={2} aria-hidden="true" /> {fresh} new
        </button>
      ) : null}
      {shown.length ? (
        <ul
          className="wb-task-list"
          aria-label="Tasks"
          data-testid="tasks"
        >
          {shown.map((row) => (
            <Row
              key={row.id}
              {...{ row, kinds, register }}
              current={row.id === at}
              selected={chosen.has(row.id)}
              selecting={picking || chosen.size > 0}
              onSelect={select}
              onPoint={point}
            />
          ))}
        </ul>
      ) : (
        <Nothing address={address} />
      )}
      {more ? <div ref={foot} className="wb-task-foot">Loading more …</div> : null}
      {mayDecide && shown.some((row) => row.open) && !chosen.size && !asking ? (
        <button type="button" className="wb-task-pick wb-narrow" onClick={() => setPicking(!picking)}>
          {picking ? "Done selecting" : "Select"}
        </button>
      ) : null}
      <Deciding
        {...{ words, answered, done, total, mayDecide, asking, picked }}
        plain={PLAIN}
        onAsk={setAsking}
        onSend={(action, reason, tasks) => {
          send(action, reason, tasks);
          if (tasks.length === 1) setAsking(null);
        }}
        onMark={(seen) => onMark(picked.map((row) => row.id), seen)}
        onClose={() => {
          setAsking(null);
          setChosen(new Set());
        }}
        onClear={() => setChosen(new Set())}
        onAll={() => setChosen(new Set(shown.filter((row) => row.open && !row.ghost).map((row) => row.id)))}
      />
    </div>
  );
}

const WORDS = {
  asked: ["Nothing waits for you", "When a running workflow asks for an approval, a review or a form, it is here to be decided."],
  unread: ["Nothing new", "What asks you and you have not seen yet is here."],
  others: ["You wait for nobody", "What you have decided and others have yet to decide is here."],
  snoozed: ["Nothing is put away", "What you snooze comes back by itself."],
  done: ["Nothing was decided yet", "What was decided, and by whom, is kept here."],
};

function Nothing({ address }) {
  const narrowed = Object.keys(address).some((name) => !["queue", "sort"].includes(name));
  const [title, text] = narrowed
    ? ["No such tasks", "Nothing here matches the search and the filters."]
    : (WORDS[address.queue] ?? ["Nothing here", "No task is open in this list."]);
  return (
    <div className="wb-empty" data-testid="inbox-empty">
      <span className="wb-empty-icon">
        <Empty size={16} strokeWidth={1.75} aria-hidden="true" />
      </span>
      <h2 className="wb-empty-title">{title}</h2>
      <p className="wb-empty-text">{text}</p>
    </div>
  );
}
