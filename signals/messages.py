"""The sentences that a run keeps of its training, its calibration and its thresholds."""

from quantsig.data.language.messages import Wording


class SignalsSentence(Wording):
    """English by code; the catalogues of the reports hold the same codes."""

    # alarms of a training
    ONE_SCORE = (
        "every row has the same score, {score:.3g} (spread {spread:.1g}): the model does not look "
        "at its input. Lower the learning rate, or check the samples."
    )
    ALWAYS_EVENT = (
        "the model says the event of {share:.1%} of the rows, and trained on {rare:.1%} of them: "
        "its precision is the base rate. Use cross_entropy, or lower the learning rate."
    )
    ALWAYS_NO_EVENT = (
        "the model says no event of {share:.1%} of the rows, and trained on {rare:.1%} of them: "
        "its precision is the base rate. Use cross_entropy, or lower the learning rate."
    )
    HARDLY_EVENT = (
        "the model says the event of hardly any row: its mean probability is {said:.2g}, and it "
        "trained on {rare:.2g}. Use cross_entropy, or lower the learning rate."
    )
    HARDLY_NO_EVENT = (
        "the model says no event of hardly any row: its mean probability is {said:.2g}, and it "
        "trained on {rare:.2g}. Use cross_entropy, or lower the learning rate."
    )
    NOTHING_LEARNT = (
        "after {epochs} epochs the train loss is {loss:.4f}, and always saying the base rate of "
        "{rate:.1%} gives {floor:.4f}: nothing was learnt. Raise the learning rate, use a larger "
        "model, or run the checks of quantsig train."
    )
    TOO_PRECISE = (
        "average precision on validation is {precision:.3f} at a base rate of {rate:.1%}: too "
        "good to be true on real bars. Look for a label that the window already shows, for "
        "samples on both sides of a split, or for prices adjusted later on."
    )
    SCORES_TOO_PRECISE = (
        "average precision on the calibration rows is {precision:.3f} at a base rate of "
        "{rate:.1%}: too good to be true on real bars. Look for scores of rows that the model "
        "learnt from, for scores that are stamped too early, or for prices adjusted later on."
    )
    LABEL_IN_WINDOW = (
        "the window went the trade's way in {events:.1%} of the events and in {others:.1%} of the "
        "other rows: the label is decided by bars inside the window. Check the label's delay and "
        "horizon."
    )

    # warnings of a training
    MEMORY_RAN_OUT = (
        "the memory ran out, so {n} samples at a time are computed; set speed.micro_batch = {n} to "
        "begin with that"
    )
    GRADIENTS_FAILED = (
        "gradients failed at step {step}: the weights of the last epoch's end are back, and the "
        "learning rate is halved"
    )
    LEARNS_FROM_FEWER = (
        "{model} learns from {rows:,} of {whole:,} training rows, evenly over time: it is fitted "
        "at once, and memory is bounded."
    )
    MIX_NOT_USED = (
        "{model} learns from all training samples at once, in the mix in which they come: "
        "sampling.positives is not used."
    )
    CORRECTIONS_STACK = (
        "{corrections} stack: they multiply the odds of the event by {factors} = {product:.1f}, so "
        "that an uncorrected probability of 0.5 stands for a true one near {truth:.2g}."
    )
    PARITY_LOST = (
        "scores in {precision} are not those in fp32 over {samples} validation samples (rank "
        "correlation {correlation}, spread {spread}, average precision {found}, in fp32 {fp32}): "
        "the run scores in fp32."
    )
    LOSS_OF_WHOLE_BATCHES = (
        "{loss} looks at all samples of a batch together, and is computed over {size} of {whole} "
        "at a time: it learns as with batches of {size}."
    )

    MODEL_KNOWS_LATER = (
        "{model}, which embedded the news, knows texts until {until}, and the rows that judge "
        "begin on {first}: it may have read what became of them."
    )

    # calibration
    LEAST_LOG_LOSS = "the least cross-validated log loss"
    NO_INFORMATION = "the scores carry no information"
    FEW_EVENTS_TO_COMPARE = "too few events to compare methods"
    NOT_CALIBRATED = "no rows were kept for calibration"
    SCORES_AS_THEY_COME = (
        "no rows are kept for calibration: probabilities are the scores as they come, the prior "
        "shift taken off, and no threshold can be promised anything."
    )

    # scores of a model that is not here
    IN_SAMPLE_POSSIBLE = (
        "nothing says until when the model was trained: rows that are judged may be rows that it "
        "learnt from, and then every figure here is too good. A column trained_until settles it."
    )
    NEAR_THEIR_TRAINING = (
        "{n} of {rows} calibration and test rows are decided less than a label's length after the "
        "end of their training. If that end is the last decision that was learnt from, and not "
        "the end of its label, the training had seen the beginning of theirs."
    )
    SPLITS_OF_TRAINING = (
        "rows decided after the end of their model's training are out of sample: the early part "
        "of them is calibration, the rest test; the others are train."
    )
    SPLITS_OF_COLUMN = "the splits are those that came with the scores."
    TIMES_OF_BARS = (
        "times of scores are taken to name the open of a bar, as those of the bars do: a score "
        "counts from the close of its bar on."
    )
    TIMES_OF_MOMENTS = "times of scores are taken to be the moments at which they were known."
    LAID_TO_OLDER = (
        "{n} of {rows} scores were known when no bar closed, and are laid to the newest bar that "
        "had closed, {median} before (median; at most {most})."
    )
    WAITING_FOR_CLOSE = (
        "{n} of {rows} scores were known within a bar, and wait for its close, {median} (median; "
        "at most {most}), as the open of that bar was past."
    )
    SUPERSEDED_SCORES = "{n} scores gave way to a newer one of the same bar."
    SCORES_SET_ASIDE = "set aside: {n} rows of scores that {what}."
    LABELS_DIFFER = (
        "{n} of {compared} labels that came with the scores are not those of the settings, which "
        "are used; the first: {first}."
    )
    LABELS_AGREE = "all {compared} labels that came with the scores are those of the settings."

    # ensembles
    MEMBERS_WERE_OPENED = (
        "the test split of {n} of its runs ({names}) had been opened before they were averaged: "
        "where what they reached there helped to choose them, the test rows are no test any more."
    )

    # thresholds
    PRECISION_PROMISED = (
        "with {confidence:.0%} confidence the precision is {target:.1%} or more in the long run, "
        "over times like those of the rows it was chosen on."
    )
    RECALL_NOT_PROMISED = "this recall is that of the calibration rows, not a promise."
    SIGNALS_A_DAY = (
        "{n:.3g} signals a day on average over {days} calibration days; the threshold is fixed, so "
        "some days give more and some none."
    )
    NOT_SAFE = "no threshold is safe: {why}."
    FEW_STRETCHES = "no threshold gives signals in {n} stretches of time"
    PRECISION_NOT_SHOWN = (
        "{share:.1%} of the {signals} signals above {threshold!r}, which say as much as {kept:.0f} "
        "independent ones, were events, which shows a precision above {low:.1%} only, not "
        "{target:.1%}, with {confidence:.0%} confidence"
    )
    NO_EVENTS = "the event happened in none of the {n} calibration rows."
    FEW_SIGNALS = "no threshold selects {n} samples of the calibration split."
    NO_RETURNS = "these samples were imported without bars, so what a signal earns is not known."
    FEW_SAMPLES_A_DAY = "there are {found:.1f} samples a day, not {wanted:g}."
    ROWS_SHARE_PROBABILITY = (
        "{n} rows share the highest probability {probability!r}, more than {wanted:g} a day."
    )
    NO_SIGNALS_YET = "this run has no signals yet."
