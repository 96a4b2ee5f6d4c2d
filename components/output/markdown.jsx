// Markdown without raw HTML. A picture from elsewhere becomes a link: looking at a document fetches nothing.
import ReactMarkdown from "react-markdown";
import remarkGfm from "remark-gfm";

const PLUGINS = [remarkGfm];

const PARTS = {
  a: ({ href, children }) => (
    <a href={href} target="_blank" rel="noopener noreferrer">
      {children}
    </a>
  ),
  img: ({ src, alt, title }) =>
    /^data:image\//.test(src ?? "") ? (
      <img src={src} alt={alt ?? ""} title={title} />
    ) : (
      <a href={src} target="_blank" rel="noopener noreferrer" title={src}>
        {alt || src}
      </a>
    ),
};

// react-markdown drops data: addresses; pictures that travel inside the text are harmless, so they stay.
function address(url, key) {
  if (key === "src" && /^data:image\/(png|jpeg|gif|webp|avif);base64,/.test(url)) return url;
  return /^(https?:|mailto:|#|\/|\.)/i.test(url) ? url : "";
}

export default function MarkdownText({ text }) {
  return (
    <div className="wb-prose">
      <ReactMarkdown remarkPlugins={PLUGINS} components={PARTS} urlTransform={address}>
        {text}
      </ReactMarkdown>
    </div>
  );
}
