/** The gantry crane with a container on its hook. */
export function LogoMark({
  size = 20,
  label = 'Gantry',
}: {
  readonly size?: number;
  readonly label?: string;
}) {
  return (
    <svg
      role="img"
      aria-label={label}
      width={size}
      height={size}
      viewBox="0 0 24 24"
      className="flex-none fill-none stroke-current"
      strokeWidth={1.9}
      strokeLinecap="round"
      strokeLinejoin="round"
    >
      <path d="M2.5 4.5h19" />
      <path d="M5.5 4.5V21m13-16.5V21" />
      <path d="M3.5 21h4m9 0h4" />
      <path d="M12 4.5V9" />
      <rect x="8.5" y="9" width="7" height="5.5" rx="0.9" className="fill-current" />
    </svg>
  );
}
