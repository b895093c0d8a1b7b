//! However much was missed, an answer is bounded, and asking again brings the rest.

use super::*;

/// Asks again and again, as a client does, and counts the answers.
async fn fetch_all(town: &Town, who: Identity, channels: &[ChannelId], from: Seq) -> (BTreeMap<ChannelId, Vec<u64>>, usize) {
    let mut have: BTreeMap<_, _> = channels.iter().map(|channel| (*channel, from)).collect();
    let mut fetched: BTreeMap<ChannelId, Vec<u64>> = BTreeMap::new();
    for answers in 1..=100 {
        let answer = town.service.catch_up(who, &have).await.unwrap();
        let (mut entries_told, mut bytes) = (0, 0);
        for (channel, missed) in answer.channels {
            let Ok(MissedEntries::Entries { entries, head, more, .. }) = missed else { panic!("entries") };
            entries_told += entries.len();
            bytes += entries.iter().map(text_bytes).sum::<usize>();
            let at = have.get_mut(&channel).unwrap();
            *at = if more { entries.last().map_or(*at, |last| last.seq) } else { head };
            fetched.entry(channel).or_default().extend(entries.iter().map(|entry| entry.seq.0));
        }
        assert!(entries_told <= ANSWER_ENTRIES && bytes <= ANSWER_BYTES, "{entries_told} entries, {bytes} bytes");
        if !answer.more {
            return (fetched, answers);
        }
    }
    panic!("one hundred answers did not bring everything");
}

#[tokio::test]
async fn an_answer_is_bounded_in_bytes_and_the_next_ones_bring_the_rest() {
    let town = Plan { rates: generous(), ..Plan::default() }.found().await;
    let ana = town.person("ana").await;
    let group = town.group(ana, &[]).await;
    fill(&town, ana, group, 100, 16 * 1024).await;
    let (fetched, answers) = fetch_all(&town, ana, &[group], Seq::ZERO).await;
    assert_eq!(fetched[&group], (1..=101).collect::<Vec<_>>());
    assert!((4..=5).contains(&answers), "1.6 MB in answers of 512 KiB: {answers}");
}

#[tokio::test]
async fn one_long_message_in_each_of_many_channels_is_bounded_as_well() {
    let town = Plan { rates: generous(), ..Plan::default() }.found().await;
    let ana = town.person("ana").await;
    let mut channels = Vec::new();
    for _ in 0..100 {
        let group = town.group(ana, &[]).await;
        fill(&town, ana, group, 1, 16 * 1024).await;
        channels.push(group);
    }
    let (fetched, _) = fetch_all(&town, ana, &channels, Seq(1)).await;
    assert!(fetched.len() == 100 && fetched.values().all(|seqs| *seqs == [2]));
}

#[tokio::test]
async fn an_answer_is_bounded_in_entries_over_all_channels() {
    let town = Plan { rates: generous(), ..Plan::default() }.found().await;
    let ana = town.person("ana").await;
    let mut channels = Vec::new();
    for _ in 0..3 {
        let group = town.group(ana, &[]).await;
        fill(&town, ana, group, 900, 1).await;
        channels.push(group);
    }
    let (fetched, answers) = fetch_all(&town, ana, &channels, Seq::ZERO).await;
    assert!(fetched.values().all(|seqs| *seqs == (1..=901).collect::<Vec<_>>()));
    assert_eq!(answers, 2);
}

#[tokio::test]
async fn a_message_larger_than_an_answer_still_comes() {
    let limits = Limits { body_bytes: 1024 * 1024, ..Limits::default() };
    let town = Plan { limits, ..Plan::default() }.found().await;
    let ana = town.person("ana").await;
    let group = town.group(ana, &[]).await;
    fill(&town, ana, group, 2, 1024 * 1024).await;
    assert_eq!(missed(&town, ana, group, 1).await, (vec![2], 3, true));
    assert_eq!(missed(&town, ana, group, 2).await, (vec![3], 3, false));
}

#[tokio::test]
async fn of_very_many_channels_those_that_are_missing_are_asked_about_again() {
    let limits = Limits { channels_per_user: 3_000, ..Limits::default() };
    let town = Plan { rates: generous(), limits, ..Plan::default() }.found().await;
    let ana = town.person("ana").await;
    let mut have: BTreeMap<_, _> = (0..1_500).map(|_| (channel_id(), Seq(1))).collect();
    let group = town.group(ana, &[]).await;
    have.insert(group, Seq::ZERO);
    let answer = town.service.catch_up(ana, &have).await.unwrap();
    assert_eq!((answer.channels.len(), answer.more), (1_000, true));
    have.retain(|channel, _| !answer.channels.contains_key(channel));
    let answer = town.service.catch_up(ana, &have).await.unwrap();
    assert_eq!((answer.channels.len(), answer.more), (501, false));
    assert!(matches!(answer.channels[&group], Ok(MissedEntries::Entries { .. })));
}
