// The contrast of every text that is seen, those in pictures included, by the formula of WCAG 2.
() => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });

  function parse(colour) {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    const [red, green, blue, alpha] = canvas.getImageData(0, 0, 1, 1).data;
    return { channels: [red, green, blue], alpha: alpha / 255 };
  }

  function backgroundOf(element) {
    const layers = [];
    for (let at = element; at; at = at.parentElement) {
      const layer = parse(getComputedStyle(at).backgroundColor);
      layers.push(layer);
      if (layer.alpha === 1) break;
    }
    return layers.reduceRight((below, layer) => mix(layer, below), [255, 255, 255]);
  }

  const mix = (layer, below) => layer.channels.map((value, at) => value * layer.alpha + below[at] * (1 - layer.alpha));

  function luminance(channels) {
    const [red, green, blue] = channels.map((value) => {
      const share = value / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  }

  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !element.checkVisibility({ opacityProperty: true, visibilityProperty: true })) continue;
    if (element.matches("script, style, option")) continue;
    const style = getComputedStyle(element);
    const isInPicture = element.closest("svg") !== null;
    const below = backgroundOf(element);
    const text = mix(parse(isInPicture ? style.fill : style.color), below);
    const [light, dark] = [luminance(text), luminance(below)].sort((a, b) => b - a);
    found.push({ text: walker.currentNode.data.slice(0, 40), isInPicture, contrast: (light + 0.05) / (dark + 0.05) });
  }
  return found;
}
