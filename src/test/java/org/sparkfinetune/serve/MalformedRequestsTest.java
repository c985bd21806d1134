package org.sparkfinetune.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.sparkfinetune.serve.ServedModel.TEXTS;
import static org.sparkfinetune.serve.ServedModel.assertAnswer;
import static org.sparkfinetune.serve.ServedModel.assertRefused;
import static org.sparkfinetune.serve.ServedModel.inputs;

import java.io.OutputStream;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whatever is sent, the server answers in one line and lives on. */
class MalformedRequestsTest {
  private static final Duration PATIENCE = Duration.ofMinutes(1);

  @TempDir static Path folder;
  private static LocalClassifier model;

  @BeforeAll
  static void load() {
    model = ServedModel.load(folder);
  }

  @AfterAll
  static void close() {
    model.close();
  }

  private static ServedModel start(Map<String, Object> settings) {
    return ServedModel.start(model, settings);
  }

  private record Malformed(String body, String message) {}

  private static List<Malformed> malformed() {
    String expected = ": expected {\"inputs\": \"a text\"}";
    List<Malformed> all =
        new ArrayList<>(
            List.of(
                new Malformed("", "the body is empty: expected a JSON object"),
                new Malformed("[]", "the body is array: expected a JSON object"),
                new Malformed("\"a\"", "the body is string: expected a JSON object"),
                new Malformed("null", "the body is null: expected a JSON object"),
                new Malformed("{}", "inputs is missing" + expected),
                new Malformed("{\"input\": \"a\"}", "the body has the unknown key input"),
                new Malformed(
                    "{\"inputs\": \"a\", \"options\": {}}", "the body has the unknown key options"),
                new Malformed("{\"inputs\": \"a\"} x", "the body is no JSON in line 1"),
                new Malformed("{\"inputs\": \"a\", \"inputs\": \"b\"}", "the body is no JSON"),
                new Malformed("{\"inputs\": [\"a\", 1]}", "inputs[1] is 1: expected a text"),
                new Malformed("{\"inputs\": [[\"a\"]]}", "inputs[0] is [\"a\"]: expected a text"),
                new Malformed("{\"inputs\": []}", "inputs has 0 texts: expected 1 to 8"),
                new Malformed(
                    "{\"inputs\": [" + "\"a\",".repeat(8) + "\"a\"]}",
                    "inputs has 9 texts: expected 1 to 8 (serve.max_inputs)"),
                new Malformed("{\"inputs\": \" \"}", "inputs[0] is blank: expected a text"),
                new Malformed("{\"inputs\": [\"a\", \"\"]}", "inputs[1] is blank"),
                new Malformed("{\"inputs\": {\"text_pair\": \"b\"}}", "inputs.text is missing"),
                new Malformed(
                    "{\"inputs\": {\"text\": \"a\", \"text_pair\": \"\"}}",
                    "the second text of inputs[0] is blank"),
                new Malformed(
                    "{\"inputs\": {\"text\": \"a\", \"pair\": \"b\"}}",
                    "inputs has the unknown key pair: known are text, text_pair"),
                new Malformed(
                    "{\"inputs\": \"a\", \"parameters\": []}",
                    "parameters is array: expected a JSON object"),
                new Malformed(
                    "{\"inputs\": \"a\", \"parameters\": {\"truncation\": true}}",
                    "parameters has the unknown key truncation: known are top_k"),
                new Malformed(
                    "{\"inputs\": \"a\", \"parameters\": {\"function_to_apply\": \"sigmoid\"}}",
                    "parameters.function_to_apply is \"sigmoid\": this model's probabilities are of"
                        + " softmax"),
                new Malformed(
                    "{\"a\":".repeat(5000) + "1" + "}".repeat(5000), "the body is no JSON"),
                new Malformed("[".repeat(100_000), "the body is no JSON")));
    for (String value : List.of("1", "1.5", "true", "null", "-0", "1e400", "1e9999999999")) {
      all.add(new Malformed("{\"inputs\": " + value + "}", "inputs is "));
    }
    for (String value : List.of("0", "-1", "1.5", "\"1\"", "true", "[]", "{}", "9999999999")) {
      all.add(
          new Malformed(
              "{\"inputs\": \"a\", \"parameters\": {\"top_k\": " + value + "}}",
              "parameters.top_k is " + value + ": expected a whole number from 1"));
      all.add(
          new Malformed(
              "{\"inputs\": \"a\", \"parameters\": {\"function_to_apply\": " + value + "}}",
              "parameters.function_to_apply is "));
      if (!value.equals("true")) {
        all.add(
            new Malformed(
                "{\"inputs\": \"a\", \"parameters\": {\"only_predicted\": " + value + "}}",
                "parameters.only_predicted is " + value + ": expected true or false"));
      }
    }
    // A sound request that is cut anywhere is none.
    String whole = "{\"inputs\": [\"a b\"], \"parameters\": {\"top_k\": 10}}";
    for (int end = 1; end < whole.length(); end++) {
      all.add(new Malformed(whole.substring(0, end), "the body is no JSON"));
    }
    return all;
  }

  @Test
  void malformedRequestsAreRefusedInOneLineAndTheServerLivesOn() throws Exception {
    try (ServedModel served = start(Map.of("max_inputs", 8))) {
      List<Malformed> malformed = malformed();
      assertThat(malformed).hasSizeGreaterThan(90);
      for (Malformed request : malformed) {
        HttpResponse<String> response = served.post(request.body());
        assertRefused(response, 400, request.message());
      }
      for (byte[] bytes :
          List.of(
              "{\"inputs\": \"\u00FC\"}".getBytes(StandardCharsets.ISO_8859_1),
              "{\"inputs\": \"a\"}".getBytes(StandardCharsets.UTF_16LE).clone(),
              new byte[] {0, 1, 2, (byte) 0xFF, (byte) 0xFE, 3},
              new byte[] {(byte) 0xC0, (byte) 0x80})) {
        int status = served.post(bytes).statusCode();
        // JSON in UTF-16 is JSON to Jackson.
        assertThat(status).isIn(200, 400);
      }
      assertRefused(served.get("/"), 405, "expected POST");
      assertRefused(served.get("/predict"), 405, "expected POST");
      assertThat(served.get("/").headers().firstValue("Allow")).hasValue("POST");
      for (String method : List.of("PUT", "DELETE", "PATCH", "OPTIONS")) {
        assertRefused(
            served.send(
                served.request("/").method(method, HttpRequest.BodyPublishers.ofString("{}"))),
            405,
            "expected POST");
      }
      for (String path : List.of("/health", "/ready", "/metrics")) {
        assertRefused(
            served.send(served.request(path).POST(HttpRequest.BodyPublishers.noBody())),
            405,
            "expected GET");
      }
      for (String path : List.of("/none", "/predict/", "/..", "/metrics/x", "/%00")) {
        assertRefused(served.get(path), 404, "there is no such path: expected POST / or /predict");
      }
      // Of the JDK's server itself, which takes it for no address.
      assertThat(served.get("//").statusCode()).isEqualTo(400);
      assertRefused(
          served.send(
              served
                  .request("/")
                  .header("Content-Encoding", "gzip")
                  .POST(HttpRequest.BodyPublishers.ofString(inputs("a")))),
          415,
          "the body has a Content-Encoding");
      assertThat(served.metric("requests_total{status=\"400\"}"))
          .isGreaterThanOrEqualTo(malformed.size());
      assertThat(served.get("/health").statusCode()).isEqualTo(200);
      assertAnswer(
          ServedModel.json(served.post(inputs(TEXTS.get(1)))).get(0), model.classify(TEXTS.get(1)));
    }
  }

  /** Halves of surrogates, controls, what steers a terminal, and more than is read. */
  @Test
  void whateverIsATextIsAnswered() throws Exception {
    try (ServedModel served = start(Map.of())) {
      for (String text :
          List.of(
              "\\ud800",
              "a\\udc00b",
              "\\u0000",
              "\\u001b[31m",
              "\ud83d\ude00",
              "\u0645\u0631\u062d\u0628\u0627 \u4f60\u597d",
              "[CLS] [SEP] [MASK]",
              "long ".repeat(100_000))) {
        HttpResponse<String> answer = served.post(inputs(text));
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        assertThat(ServedModel.json(answer).get(0)).hasSize(4);
      }
    }
  }

  /** What is no HTTP ends its own connection alone; a client that never ends its request too. */
  @Test
  void whatIsNoHttpHarmsNobody() throws Exception {
    try (ServedModel served = start(Map.of())) {
      URI at = URI.create(served.server.url());
      for (String request :
          List.of(
              "\r\n\r\n",
              "nonsense\r\n\r\n",
              "GET\r\n\r\n",
              "POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
              "POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n",
              "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
              "POST http://[ HTTP/1.1\r\n\r\n",
              "\u0016\u0003\u0001 a handshake of TLS\r\n\r\n")) {
        try (Socket socket = new Socket(at.getHost(), at.getPort())) {
          socket.setSoTimeout((int) PATIENCE.toMillis());
          OutputStream out = socket.getOutputStream();
          out.write(request.getBytes(StandardCharsets.ISO_8859_1));
          socket.shutdownOutput();
          String answer =
              new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
          assertThat(answer).doesNotContain("200 OK", "\tat ");
        }
      }
      try (Socket slow = new Socket(at.getHost(), at.getPort());
          Socket half = new Socket(at.getHost(), at.getPort())) {
        slow.getOutputStream().write("POST / HT".getBytes(StandardCharsets.US_ASCII));
        half.getOutputStream()
            .write(
                "POST / HTTP/1.1\r\nContent-Length: 99\r\n\r\n{"
                    .getBytes(StandardCharsets.US_ASCII));
        assertThat(served.post(inputs("card")).statusCode()).isEqualTo(200);
      }
    }
  }
}
