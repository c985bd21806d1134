package org.sparkfinetune.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.ConnectException;
import org.junit.jupiter.api.Test;

class ConnectionFailureTest {
  @Test
  void alwaysSaysSomething() {
    assertThat(ConnectionFailure.reason(new ConnectException()))
        .isEqualTo("the connection is refused");
    assertThat(ConnectionFailure.reason(new ConnectException("Connection refused")))
        .isEqualTo("Connection refused");
    assertThat(ConnectionFailure.reason(new IOException())).isEqualTo("IOException");
  }
}
