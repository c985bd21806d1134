package org.sparkfinetune.collective;

import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.time.Duration;

/**
 * A connection whose two ends have shown each other that they know a secret, and whose messages
 * carry a code of it: what a stranger says, or says again, ends the connection and is not heard.
 * Nothing is encrypted. One thread may send while another receives.
 *
 * <p>Each end sends a random number and then the code of both; the number of the worker is of the
 * codes' parts. What is read before is of fixed size.
 */
final class SecretChannel implements AutoCloseable {
  /** What is said is a line or a page. */
  private static final int MAX_MESSAGE = 1 << 20;

  private static final String CONNECTING = "connecting";
  private static final String ACCEPTING = "accepting";

  private final Socket socket;
  private final DataInputStream in;
  private final DataOutputStream out;
  private final int worker;
  private final Secret sending;
  private final Secret receiving;
  private long sent;
  private long received;

  private SecretChannel(Socket socket, Secret secret, boolean accepts, int number, Duration time)
      throws IOException {
    this.socket = socket;
    socket.setTcpNoDelay(true);
    in = new DataInputStream(socket.getInputStream());
    out = new DataOutputStream(new BufferedOutputStream(socket.getOutputStream()));
    long end = System.nanoTime() + time.toNanos();
    byte[] own = Secret.randomBytes();
    if (!accepts) {
      out.writeInt(number);
    }
    out.write(own);
    out.flush();
    worker = accepts ? ByteBuffer.wrap(read(Integer.BYTES, end)).getInt() : number;
    byte[] others = read(Secret.BYTES, end);
    byte[] workers = ByteBuffer.allocate(Integer.BYTES).putInt(worker).array();
    byte[] connecting = accepts ? others : own;
    byte[] accepting = accepts ? own : others;
    Secret ofConnection = secret.derive("connection", workers, connecting, accepting);
    sending = ofConnection.derive(accepts ? ACCEPTING : CONNECTING);
    receiving = ofConnection.derive(accepts ? CONNECTING : ACCEPTING);
    if (accepts) {
      // First who wants something.
      check(read(Secret.BYTES, end));
    }
    out.write(sending.code("known"));
    out.flush();
    if (!accepts) {
      check(read(Secret.BYTES, end));
    }
    socket.setSoTimeout(0);
  }

  /**
   * Connects to an address where a worker listens.
   *
   * @param number this worker's
   */
  static SecretChannel connect(
      InetSocketAddress address, Secret secret, int number, Duration timeout) throws IOException {
    Socket socket = new Socket();
    try {
      socket.connect(address, Math.toIntExact(timeout.toMillis()));
      return new SecretChannel(socket, secret, false, number, timeout);
    } catch (IOException | RuntimeException e) {
      socket.close();
      throw e;
    }
  }

  /** Over a connection that somebody has made; closes it when that is no worker. */
  static SecretChannel accept(Socket socket, Secret secret, Duration timeout) throws IOException {
    try {
      return new SecretChannel(socket, secret, true, 0, timeout);
    } catch (IOException | RuntimeException e) {
      socket.close();
      throw e;
    }
  }

  private void check(byte[] code) throws IOException {
    if (!MessageDigest.isEqual(code, receiving.code("known"))) {
      throw new IOException("the connection's other end does not know the secret of the training");
    }
  }

  /** The number of the worker that has connected. */
  int worker() {
    return worker;
  }

  /** By a time, however little comes at once. */
  private byte[] read(int count, long end) throws IOException {
    byte[] bytes = new byte[count];
    for (int at = 0; at < count; ) {
      long left = (end - System.nanoTime()) / 1_000_000;
      if (left <= 0) {
        throw new SocketTimeoutException("the connection's other end does not say who it is");
      }
      socket.setSoTimeout((int) Math.min(left, Integer.MAX_VALUE));
      int read = in.read(bytes, at, count - at);
      if (read < 0) {
        throw new EOFException("the connection has ended");
      }
      at += read;
    }
    return bytes;
  }

  void send(byte[] message) throws IOException {
    synchronized (out) {
      out.writeInt(message.length);
      out.write(message);
      out.write(code(sending, sent++, message));
      out.flush();
    }
  }

  /**
   * Waits for a message.
   *
   * @param timeout zero for none
   */
  byte[] receive(Duration timeout) throws IOException {
    socket.setSoTimeout(Math.toIntExact(timeout.toMillis()));
    int length = in.readInt();
    if (length < 0 || length > MAX_MESSAGE) {
      throw new IOException("the connection brings a message of " + length + " bytes");
    }
    byte[] message = in.readNBytes(length);
    byte[] code = in.readNBytes(Secret.BYTES);
    if (!MessageDigest.isEqual(code, code(receiving, received++, message))) {
      throw new IOException("the connection brings a message that no worker has sent");
    }
    return message;
  }

  private static byte[] code(Secret secret, long number, byte[] message) {
    return secret.code("message", ByteBuffer.allocate(Long.BYTES).putLong(number).array(), message);
  }

  @Override
  public void close() {
    try {
      socket.close();
    } catch (IOException e) {
      throw new IllegalStateException("a connection cannot be closed", e);
    }
  }
}
