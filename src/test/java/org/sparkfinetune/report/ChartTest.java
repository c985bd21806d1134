package org.sparkfinetune.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;
import org.sparkfinetune.report.Series.Style;
import org.w3c.dom.Element;

class ChartTest {
  private static Html render(Chart chart) throws Exception {
    HtmlWriter out = new HtmlWriter();
    chart.render(out);
    return Html.parse(out.toString());
  }

  private static Series line(String name, double... xy) {
    double[] x = new double[xy.length / 2];
    double[] y = new double[xy.length / 2];
    for (int i = 0; i < x.length; i++) {
      x[i] = xy[2 * i];
      y[i] = xy[2 * i + 1];
    }
    return new Series(name, x, y, Style.LINE, 0);
  }

  @Test
  void pointsLandWhereTheAxesSay() throws Exception {
    Html html = render(new Chart("c", "step").wholeSteps().add(line("s", 0, 0, 50, 5, 100, 10)));

    // Labels of two digits leave 25.4 free on the left, the right margin is 16.
    assertThat(html.all("//g[@class='series']/path").get(0).getAttribute("d"))
        .isEqualTo("M25.4 212L284.7 111L544 10");
    assertThat(html.texts("//text[@class='end']")).containsExactly("0", "2", "4", "6", "8", "10");
    assertThat(html.texts("//text[@class='middle']"))
        .containsExactly("0", "20", "40", "60", "80", "100");
    Element middle = html.all("//text[@class='middle'][.='60']").get(0);
    assertThat(middle.getAttribute("x")).isEqualTo("336.6");
    assertThat(html.all("//circle")).hasSize(3);
    assertThat(html.all("//circle").get(1).getAttribute("cx")).isEqualTo("284.7");
  }

  @Test
  void oneAxisForCharts() throws Exception {
    Html html = render(new Chart("c", "step").reaching(0, 200).add(line("s", 100, 0, 150, 10)));

    assertThat(html.all("//g[@class='series']/path").get(0).getAttribute("d"))
        .isEqualTo("M284.7 212L414.4 10");
  }

  @Test
  void gapsAreLeftOpenAndCounted() throws Exception {
    Html html =
        render(
            new Chart("c", "step").add(line("s", 0, 0, 1, 10, 2, Double.NaN, 3, 5, 4, Double.NaN)));

    assertThat(html.all("//g[@class='series']/path").get(0).getAttribute("d"))
        .matches("M\\S+ 212L\\S+ 10M\\S+ 111h0");
    assertThat(html.texts("//p"))
        .containsExactly("s: 2 of 5 values are no finite number and are left out.");
  }

  @Test
  void nothingButGapsIsSaid() throws Exception {
    Html html = render(new Chart("c", "step").add(line("s", 0, Double.NaN)));

    assertThat(html.all("//svg")).isEmpty();
    assertThat(html.texts("//p")).containsExactly("No value is a finite number.");
  }

  @Test
  void aSinglePointIsADot() throws Exception {
    Html html = render(new Chart("c", "step").wholeSteps().add(line("s", 7, 0.25)));

    assertThat(html.all("//circle")).hasSize(1);
    Element dot = html.all("//circle").get(0);
    assertThat(Double.parseDouble(dot.getAttribute("cx"))).isBetween(30.0, 550.0);
    assertThat(Double.parseDouble(dot.getAttribute("cy"))).isBetween(11.0, 211.0);
  }

  @Test
  void aFewHugeValuesMakeTheScaleLogarithmic() throws Exception {
    double[] y =
        DoubleStream.concat(DoubleStream.generate(() -> 1).limit(99), DoubleStream.of(1e4))
            .toArray();
    Series series = new Series("s", new double[100], y, Style.LINE, 0);

    assertThat(render(new Chart("c", "x").add(series).logYIfSpread()).texts("//figcaption/span"))
        .containsExactly("log scale");
    y[0] = 0;
    assertThat(render(new Chart("c", "x").add(series).logYIfSpread()).texts("//figcaption/span"))
        .isEmpty();
  }

  @Test
  void namesAreEscaped() throws Exception {
    String name = "<script>alert('x')</script> & \"q\" \u0001";
    Html html = render(new Chart(name, name).add(line(name, 0, 1)).add(line("b", 0, 1)));

    assertThat(html.all("//script")).isEmpty();
    assertThat(html.texts("//figcaption/b")).containsExactly(name.replace('\u0001', '\uFFFD'));
    assertThat(html.texts("//li/span")).containsExactly(name.replace('\u0001', '\uFFFD'), "b");
  }

  @Test
  void aHundredThousandStepsStaySmall() throws Exception {
    double[] x = new double[100_000];
    double[] y = new double[100_000];
    for (int i = 0; i < x.length; i++) {
      x[i] = i;
      y[i] = Math.abs(Math.sin(i * 12.9898) * 43758.5453 % 1);
    }
    HtmlWriter out = new HtmlWriter();
    new Chart("c", "step").add(new Series("s", x, y, Style.LINE, 0)).render(out);

    assertThat(out.toString().length()).isLessThan(60_000);
  }
}
