package org.sparkfinetune.report;

import java.io.StringReader;
import java.util.ArrayList;
import java.util.List;
import javax.xml.XMLConstants;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.xpath.XPathConstants;
import javax.xml.xpath.XPathFactory;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;

/** A page as the JDK's XML parser sees it, which takes nothing that is not well-formed. */
final class Html {
  private final Document document;

  private Html(Document document) {
    this.document = document;
  }

  static Html parse(String html) throws Exception {
    DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
    factory.setFeature(XMLConstants.FEATURE_SECURE_PROCESSING, true);
    factory.setFeature("http://apache.org/xml/features/nonvalidating/load-external-dtd", false);
    factory.setFeature("http://xml.org/sax/features/external-general-entities", false);
    factory.setFeature("http://xml.org/sax/features/external-parameter-entities", false);
    return new Html(factory.newDocumentBuilder().parse(new InputSource(new StringReader(html))));
  }

  /** The elements that an XPath finds. */
  List<Element> all(String xpath) throws Exception {
    NodeList nodes =
        (NodeList)
            XPathFactory.newInstance().newXPath().evaluate(xpath, document, XPathConstants.NODESET);
    List<Element> elements = new ArrayList<>();
    for (int i = 0; i < nodes.getLength(); i++) {
      elements.add((Element) nodes.item(i));
    }
    return elements;
  }

  /** Their texts. */
  List<String> texts(String xpath) throws Exception {
    return all(xpath).stream().map(e -> e.getTextContent().strip()).toList();
  }

  /** The cells of the rows of a section's tables. */
  List<List<String>> rows(String heading) throws Exception {
    List<List<String>> rows = new ArrayList<>();
    for (Element row : all("//section[h2='" + heading + "']//tbody/tr")) {
      List<String> cells = new ArrayList<>();
      NodeList children = row.getChildNodes();
      for (int i = 0; i < children.getLength(); i++) {
        if (children.item(i) instanceof Element cell) {
          cells.add(cell.getTextContent().strip());
        }
      }
      rows.add(cells);
    }
    return rows;
  }
}
