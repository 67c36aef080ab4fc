/** A volunteer's end of a bare channel: sends back what comes. */
self.onmessage = ({ data: channel }) => {
  channel.binaryType = 'arraybuffer';
  channel.onmessage = (/** @type {MessageEvent<ArrayBuffer>} */ { data }) => channel.send(data);
};
