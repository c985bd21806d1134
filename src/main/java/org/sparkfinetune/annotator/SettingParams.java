package org.sparkfinetune.annotator;

import com.johnsnowlabs.nlp.AnnotatorApproach;
import org.apache.spark.ml.param.Param;

/**
 * The Params of every section, made from the schemas: what the accessors and setters of the
 * subclasses, one for each section, get and set.
 */
public abstract class SettingParams extends AnnotatorApproach<TransformerClassifierModel> {
  private static final long serialVersionUID = 1L;

  final SchemaParams settings;
  private final String uid;

  SettingParams(PendingUid uid) {
    this.uid = uid.release();
    this.settings =
        new SchemaParams(this)
            .addAll(SchemaParams.MODEL)
            .addAll(SchemaParams.TRAINING)
            .addAll(SchemaParams.RESOURCES);
  }

  @Override
  public String uid() {
    return uid != null ? uid : PendingUid.ofConstruction();
  }

  /** Every Param. Spark finds those with an accessor by reflection; the schema's need none. */
  @Override
  public Param<?>[] params() {
    return settings.joinedWith(super.params());
  }

  abstract TransformerClassifierApproach self();

  /** Sets a key's Param to a value of its own type. */
  TransformerClassifierApproach setOwn(String key, Object value) {
    settings.set(key, value);
    return self();
  }
}
