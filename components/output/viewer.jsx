// The output viewer: decides which ways there are to look at a value, and shows the chosen one.
import { lazy, Suspense, useMemo, useState } from "react";
import { Check, Copy, Download, File as FileIcon } from "lucide-react";
import { copyText } from "$/public/external/components/clipboard/clipboard.js";
import { Tree } from "./tree.jsx";
import { DataTable, tableOf } from "./table.jsx";

const LazyMarkdown = lazy(() => import("./markdown.jsx"));
const TEXT_LIMIT = 100_000;

export function Markdown({ text }) {
  return (
    <Suspense fallback={<pre className="wb-output-text">{text}</pre>}>
      <LazyMarkdown text={text ?? ""} />
    </Suspense>
  );
}

export function OutputViewer({ value, mediaType = "application/json", href = "", path = "" }) {
  const views = useMemo(() => viewsOf(value, mediaType, href), [value, mediaType, href]);
  const [chosen, choose] = useState(null);
  const view = views.find((one) => one.name === chosen) ?? views[0];
  return (
    <div className="wb-output" data-testid="output-viewer" data-view={view.name}>
      <div className="wb-output-bar">
        <Tabs views={views} current={view.name} choose={choose} />
        <span className="wb-output-type">{typeOf(value, mediaType)}</span>
        {isArtifact(value) ? null : <CopyButton text={() => asText(value)} />}
        {href ? (
          <a className="wb-icon-button" href={href} download title="Download" aria-label="Download">
            <Download size={16} strokeWidth={1.75} />
          </a>
        ) : null}
      </div>
      <div className="wb-output-body" role="tabpanel" tabIndex={0} aria-label={view.name}>
        {view.draw({ path })}
      </div>
    </div>
  );
}

function Tabs({ views, current, choose }) {
  const move = (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const at = views.findIndex((view) => view.name === current);
    const next = views[(at + step + views.length) % views.length];
    choose(next.name);
    event.currentTarget.querySelector(`[data-view="${next.name}"]`)?.focus();
  };
  return (
    <div className="wb-output-tabs" role="tablist" onKeyDown={move}>
      {views.map(({ name }) => (
        <button
          key={name}
          type="button"
          role="tab"
          data-view={name}
          aria-selected={name === current}
          tabIndex={name === current ? 0 : -1}
          className="wb-output-tab"
          onClick={() => choose(name)}
        >
          {name}
        </button>
      ))}
    </div>
  );
}

function viewsOf(value, mediaType, href) {
  const type = (isArtifact(value) ? value.media_type : mediaType) ?? "";
  if (isArtifact(value)) {
    const file = { name: "File", draw: () => <FileCard artifact={value} href={href} /> };
    if (type.startsWith("image/") && href) {
      return [{ name: "Image", draw: () => <img className="wb-output-image" src={href} alt={value.name ?? ""} /> }, file];
    }
    return [file];
  }
  const text = { name: "Text", draw: () => <Text text={asText(value)} /> };
  if (typeof value === "string") {
    if (type.startsWith("text/markdown")) {
      return [{ name: "Rendered", draw: () => <Markdown text={value} /> }, text];
    }
    if (/^data:image\/(png|jpeg|gif|webp|svg\+xml|avif)[;,]/.test(value)) {
      return [{ name: "Image", draw: () => <img className="wb-output-image" src={value} alt="" /> }, text];
    }
  }
  const table = tableOf(value, type);
  const views = [];
  if (table) views.push({ name: "Table", draw: () => <DataTable table={table} /> });
  if (value !== null && typeof value === "object") {
    views.push({ name: "Tree", draw: ({ path }) => <Tree value={value} path={path} /> });
  }
  return [...views, text];
}

function Text({ text }) {
  const [all, showAll] = useState(text.length <= TEXT_LIMIT);
  if (text === "") return <p className="wb-output-empty">Empty text</p>;
  return (
    <>
      <pre className="wb-output-text">{all ? text : text.slice(0, TEXT_LIMIT)}</pre>
      {all ? null : (
        <button type="button" className="wb-more" onClick={() => showAll(true)}>
          Show all {text.length.toLocaleString()} characters
        </button>
      )}
    </>
  );
}

function FileCard({ artifact, href }) {
  return (
    <div className="wb-output-file">
      <FileIcon size={16} strokeWidth={1.75} />
      <div>
        <div className="wb-output-file-name">{artifact.name || "File"}</div>
        <div className="wb-output-type">
          {artifact.media_type} · {bytes(artifact.size)}
        </div>
      </div>
      {href ? (
        <a className="wb-output-download" href={href} download>
          Download
        </a>
      ) : null}
    </div>
  );
}

function CopyButton({ text }) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await copyText(text());
    setCopied(true);
    setTimeout(() => setCopied(false), 1200);
  };
  return (
    <button type="button" className="wb-icon-button" onClick={copy} title="Copy" aria-label={copied ? "Copied" : "Copy"}>
      {copied ? <Check size={16} strokeWidth={1.75} /> : <Copy size={16} strokeWidth={1.75} />}
    </button>
  );
}

const isArtifact = (value) => value !== null && typeof value === "object" && "$artifact" in value;

const asText = (value) => (typeof value === "string" ? value : JSON.stringify(value ?? null, null, 2));

function typeOf(value, mediaType) {
  if (isArtifact(value)) return value.media_type;
  if (typeof value === "string") return mediaType === "application/json" ? "text" : mediaType;
  if (Array.isArray(value)) return `list of ${value.length.toLocaleString()}`;
  if (value === null || value === undefined) return "nothing";
  return typeof value === "object" ? `object of ${Object.keys(value).length.toLocaleString()}` : typeof value;
}

function bytes(size) {
  if (size === undefined || size === null) return "";
  const units = ["B", "KiB", "MiB", "GiB"];
  const power = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(size, 1)) / 10));
  return `${(size / 1024 ** power).toFixed(power ? 1 : 0)} ${units[power]}`;
}
