/** The volunteer's end of a bare channel: sends back what it receives. */
self.onmessage = ({ data: channel }: MessageEvent<RTCDataChannel>) => {
  channel.binaryType = 'arraybuffer';
  channel.onmessage = ({ data }: MessageEvent<ArrayBuffer>) => channel.send(data);
};
